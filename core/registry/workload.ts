import { z } from 'zod';
import { durationMs } from '../document/duration.ts';
import { objectName, secretKey } from './secret.ts';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** Environment of a server that the gateway or the operator starts, name to value. */
export const environment = z
  .record(
    variable,
    z.union([z.string(), z.number(), z.boolean()], 'must be a string, a number, true or false').transform(String),
  )
  .refine((env) => !('PORT' in env), 'PORT is set by the gateway: every replica gets a port of its own')
  .default({});

/** Variables whose values are kept in Secrets, name to place. */
export const secretEnvironment = z.record(variable, secretKey).optional();

const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'must be a quantity such as 250m, 0.5 or 128Mi');

const quantities = z.record(z.string().min(1), z.union([z.number().positive().transform(String), quantity]));

/** The port of an `image` that names none. */
export const DEFAULT_PORT = 8080;

/** Levels of a pod template; Kubernetes has half as many. What is much deeper cannot even be compared. */
const MAX_DEPTH = 32;

/** How a server runs that the operator starts in a cluster. What is not given is left to the cluster. */
export const placementKeys = {
  /** Arguments of an `image`, in place of its own. */
  args: z.array(z.string()).optional(),
  /** Port that an `image` listens on, default {@link DEFAULT_PORT}; it finds the number in PORT. */
  port: z.number().int().min(1).max(65_535).optional(),
  /** Processor and memory as Kubernetes counts them; `resources` are those of MCP. */
  compute: z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }).optional(),
  /** Names of Secrets that the image is pulled with. */
  imagePullSecrets: z.array(objectName).optional(),
  /** Labels that a node must have. */
  nodeSelector: z.record(z.string().min(1), z.string()).optional(),
  /** ServiceAccount of the pods. Its token is not mounted. Default: the namespace's. */
  serviceAccount: objectName.optional(),
  /** Merged over the pod template last, for all that has no key of its own. */
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

/** A server that speaks over standard input and output: one process for each session. */
export const stdioSchema = z.strictObject({
  /** Most sessions of one replica; more are refused with 503. */
  maxSessions: z.number().int().min(1).max(10_000).default(100),
  /** A session that was not used for so long is ended, and its process with it. */
  idle: durationMs(1_000, 7 * 86_400_000).default(1_800_000),
});

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}
