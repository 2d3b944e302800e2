import { z } from 'zod';
import { parseValue } from '../../core/document/parse.ts';
import { type Backend, clusterBackendSchema } from '../../core/registry/backend.ts';

const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.number().optional(),
});

/** One condition of a status (metav1.Condition). */
export type Condition = z.output<typeof condition>;

const status = z.object({
  observedGeneration: z.number().optional(),
  replicas: z.number().optional(),
  readyReplicas: z.number().optional(),
  selector: z.string().optional(),
  url: z.string().optional(),
  conditions: z.array(condition).default([]),
});

/** The status of an MCPBackend, as the operator writes it. */
export type BackendStatus = z.output<typeof status>;

const mcpBackend = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().default(0),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.record(z.string(), z.unknown()).default({}),
  status: status.optional().catch(undefined),
});

/** An MCPBackend as the API server returned it. */
export interface BackendObject {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  deleting: boolean;
  /** The valid backend, or its problems, such as `url: must be an http or https URL`. */
  backend: { ok: true; value: Backend } | { ok: false; problems: string[] };
  status: BackendStatus;
}

/** Reads an MCPBackend; undefined if the object is not one. */
export function parseBackendObject(object: unknown): BackendObject | undefined {
  const parsed = mcpBackend.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, spec, status: known } = parsed.data;
  const { name, namespace, uid, resourceVersion, generation, deletionTimestamp } = metadata;
  return {
    ...{ name, namespace, uid, resourceVersion, generation },
    deleting: deletionTimestamp !== undefined,
    backend: parseSpec(name, spec),
    status: known ?? { conditions: [] },
  };
}

function parseSpec(name: string, spec: object): BackendObject['backend'] {
  const parsed = parseValue({ ...spec, name }, name, clusterBackendSchema);
  if (parsed.ok) return parsed;
  const texts = parsed.problems.map(({ path, message }) => `${path === '' ? 'spec' : path}: ${message}`);
  return { ok: false, problems: texts };
}
