import { z } from 'zod';
import { durationMs } from '../document/duration.ts';
import { objectName, secretKey } from './secret.ts';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** Environment of a server that the gateway or the operator starts: values by name. */
export const environment = z
  .record(
    variable,
    z.union([z.string(), z.number(), z.boolean()], 'must be a string, a number, true or false').transform(String),
  )
  .refine((env) => !('PORT' in env), 'PORT is set by the gateway: every replica gets a port of its own')
  .default({});

/** Environment variables with values from Secrets: references by name. */
export const secretEnvironment = z.record(variable, secretKey).optional();

const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'must be a quantity such as 250m, 0.5 or 128Mi');

const quantities = z.record(z.string().min(1), z.union([z.number().positive().transform(String), quantity]));

/** Default port of an `image`. */
export const DEFAULT_PORT = 8080;

/**
 * Maximum depth of a pod template; Kubernetes needs half of it. Templates are merged and compared recursively, which would exceed the
 * stack for one that is nested thousands of levels deep.
 */
const MAX_DEPTH = 32;

/** How the operator runs a server in a cluster. The cluster decides about omitted keys. */
export const placementKeys = {
  /** Arguments of an `image`, instead of its own. */
  args: z.array(z.string()).optional(),
  /** Port on which an `image` listens, also passed to it as PORT. Default: {@link DEFAULT_PORT}. */
  port: z.number().int().min(1).max(65_535).optional(),
  /** CPU and memory in Kubernetes units. Not called `resources`, since those are MCP resources. */
  compute: z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }).optional(),
  /** Names of the Secrets for pulling the image. */
  imagePullSecrets: z.array(objectName).optional(),
  /** Labels that a node must have to run the pods. */
  nodeSelector: z.record(z.string().min(1), z.string()).optional(),
  /** ServiceAccount of the pods. Its token is not mounted. Default: the namespace's. */
  serviceAccount: objectName.optional(),
  /** Merged into the pod template last, for settings without a key of their own. */
  podTemplate: z
    .record(z.string(), z.unknown())
    .refine((template) => isWithin(template, MAX_DEPTH), `must not be nested more than ${MAX_DEPTH} levels deep`)
    .optional(),
};

/** The names of {@link placementKeys}. */
export const PLACEMENT_KEYS = [
  'args',
  'port',
  'compute',
  'imagePullSecrets',
  'nodeSelector',
  'serviceAccount',
  'podTemplate',
] as const satisfies (keyof typeof placementKeys)[];

/** Settings of a server that speaks over standard input and output, with one process per session. */
export const stdioSchema = z.strictObject({
  /** Maximum number of sessions per replica; more are denied with 503. */
  maxSessions: z.number().int().min(1).max(10_000).default(100),
  /** Idle time after which a session and its process are ended. */
  idle: durationMs(1_000, 7 * 86_400_000).default(1_800_000),
});

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}
