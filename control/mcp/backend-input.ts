import { z } from 'zod';
import { backendSchema, clusterBackendSchema } from '../../core/registry/backend.ts';
import type { RegistryKind } from '../../core/registry/kind.ts';
import { PLACEMENT_KEYS } from '../../core/registry/workload.ts';
import { DESCRIPTIONS } from '../../k8s/mcpbackend/descriptions.ts';
import { isRecord } from '../backends/spec.ts';
import { inputSchemaOf, type JsonSchema } from './tool-input.ts';

/** Longest wait for a backend to be ready. */
const MAX_WAIT_SECONDS = 600;

/** The argument that says how long to wait for a backend to be ready. */
export const waitSeconds = z
  .number()
  .int()
  .min(0)
  .max(MAX_WAIT_SECONDS)
  .default(0)
  .describe('how long to wait until it serves, with progress notifications; 0: do not wait');

/** The argument for a dry run. */
export const dryRun = z.boolean().default(false).describe('check everything and show the object, but change nothing');

const controls = z.looseObject({
  name: z.string().describe('first segment of its URL, https://gateway/<name>/mcp; a DNS label such as jira'),
  update: z
    .boolean()
    .default(false)
    .describe('change the existing backend of that name; keys that are not given are kept'),
  unset: z
    .array(z.string().min(1))
    .default([])
    .describe('with update: keys to remove, such as affinityHeader or env.DEBUG'),
  dryRun,
  waitSeconds,
});

/** Keys that do not exist in this kind of installation. */
const ABSENT: Readonly<Record<RegistryKind, readonly string[]>> = {
  folder: ['image', 'service', 'secretEnv', 'caSecret', ...PLACEMENT_KEYS],
  cluster: ['cwd', 'caFile'],
};

/** Descriptions that differ on one machine. */
const ON_MACHINE: Readonly<Record<string, string>> = {
  command:
    'Program and arguments of a server that mcp-gateway up runs. It must listen on 127.0.0.1:$PORT, or speak stdio with transport: stdio.',
  env: 'Environment of the command, without credentials. The gateway sets PORT.',
  transport: 'How the gateway talks to the command.',
  replicas: 'Number of processes.',
  cwd: 'Working directory of the command. Default: the folder of gateway.yaml.',
  upstreamAuth: "The gateway's own credential for requests to the server: the name of a file that holds it.",
  healthCheck: "How the gateway's Envoy checks replicas.",
  drain: 'How long the sessions of a stopping replica or a removed backend continue. 0s to 1d.',
  caFile: "PEM certificates to verify an https URL with. Default: the system's.",
};

/** The arguments of register_backend: its own, and in `given` the keys of a backend, which are validated later. */
export const registerInput = controls.transform(
  ({ name, update, unset, dryRun: dry, waitSeconds: wait, ...given }) => ({
    ...{ name, update, unset, dryRun: dry, waitSeconds: wait, given },
  }),
);

/** The schema of these arguments that clients see. */
export function registerSchema(kind: RegistryKind): JsonSchema {
  const own = inputSchemaOf(controls);
  const backend = inputSchemaOf(kind === 'folder' ? backendSchema : clusterBackendSchema);
  const keys = Object.entries(isRecord(backend.properties) ? backend.properties : {});
  const shown = keys
    .filter(([key]) => key !== 'name' && !ABSENT[kind].includes(key))
    .map(([key, schema]) => [key, describe(key, schema, kind)]);
  const properties = { ...(isRecord(own.properties) ? own.properties : {}), ...Object.fromEntries(shown) };
  return { type: 'object', properties, required: ['name'], additionalProperties: false };
}

function describe(key: string, schema: unknown, kind: RegistryKind): JsonSchema {
  const words = (kind === 'folder' ? ON_MACHINE[key] : undefined) ?? DESCRIPTIONS[key];
  return { ...(isRecord(schema) ? schema : {}), ...(words === undefined ? {} : { description: words }) };
}
