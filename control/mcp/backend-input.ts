import { z } from 'zod';
import { backendSchema, clusterBackendSchema } from '../../core/registry/backend.ts';
import type { RegistryKind } from '../../core/registry/kind.ts';
import { PLACEMENT_KEYS } from '../../core/registry/workload.ts';
import { DESCRIPTIONS } from '../../k8s/mcpbackend/descriptions.ts';
import { isRecord } from '../backends/spec.ts';
import { inputSchemaOf, type JsonSchema } from './tool-input.ts';

/** Longest wait for a backend to be ready. */
const MAX_WAIT_SECONDS = 600;

/** How long somebody waits for a backend to be ready. */
export const waitSeconds = z
  .number()
  .int()
  .min(0)
  .max(MAX_WAIT_SECONDS)
  .default(0)
  .describe('wait for so long until it serves, with progress notifications; 0: do not wait');

/** Everything is checked, and nothing is changed. */
export const dryRun = z.boolean().default(false).describe('check everything and show the object; change nothing');

const controls = z.looseObject({
  name: z.string().describe('first segment of its URL, https://gateway/<name>/mcp: a DNS label such as jira'),
  update: z.boolean().default(false).describe('change the backend of that name; what is not named stays'),
  unset: z
    .array(z.string().min(1))
    .default([])
    .describe('with update: keys to take away, such as affinityHeader or env.DEBUG'),
  dryRun,
  waitSeconds,
});

/** Keys that mean nothing in a place. */
const ABSENT: Readonly<Record<RegistryKind, readonly string[]>> = {
  folder: ['image', 'service', 'secretEnv', 'caSecret', ...PLACEMENT_KEYS],
  cluster: ['cwd', 'caFile'],
};

/** Words that differ on one machine. */
const ON_MACHINE: Readonly<Record<string, string>> = {
  command:
    'Program and arguments of a server that mcp-gateway up runs; it must listen on 127.0.0.1:$PORT, or speak stdio with transport: stdio.',
  env: 'Environment of the command. PORT is set by the gateway. Never a credential.',
  transport: 'How the command is spoken to.',
  replicas: 'How many processes run.',
  cwd: 'Working directory of the command. Default: the folder of gateway.yaml.',
  upstreamAuth: "A credential of the gateway's own that the server is called with: the name of a file that holds it.",
  healthCheck: "How replicas are checked by the gateway's Envoy.",
  drain: 'How long the sessions of a replica that ends, or of a removed backend, go on. 0s to 1d.',
  caFile: "PEM certificates that an https URL is verified with. Default: the system's.",
};

/** The arguments of register_backend: those of its own, and every key of a backend, which are checked with the place in mind. */
export const registerInput = controls.transform(
  ({ name, update, unset, dryRun: dry, waitSeconds: wait, ...given }) => ({
    ...{ name, update, unset, dryRun: dry, waitSeconds: wait, given },
  }),
);

/** What clients are told of them. */
export function registerSchema(place: RegistryKind): JsonSchema {
  const own = inputSchemaOf(controls);
  const backend = inputSchemaOf(place === 'folder' ? backendSchema : clusterBackendSchema);
  const keys = Object.entries(isRecord(backend.properties) ? backend.properties : {});
  const shown = keys
    .filter(([key]) => key !== 'name' && !ABSENT[place].includes(key))
    .map(([key, schema]) => [key, describe(key, schema, place)]);
  const properties = { ...(isRecord(own.properties) ? own.properties : {}), ...Object.fromEntries(shown) };
  return { type: 'object', properties, required: ['name'], additionalProperties: false };
}

function describe(key: string, schema: unknown, place: RegistryKind): JsonSchema {
  const words = (place === 'folder' ? ON_MACHINE[key] : undefined) ?? DESCRIPTIONS[key];
  return { ...(isRecord(schema) ? schema : {}), ...(words === undefined ? {} : { description: words }) };
}
