import type { ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { assignBackend } from '../../backends/assign.ts';
import { listBackends } from '../../backends/list.ts';
import type { Waiting } from '../../backends/readiness.ts';
import { registerBackend, removeBackend, scaleBackend } from '../../backends/register.ts';
import { backendStatus } from '../../backends/status.ts';
import { assignResult, changeResult, listResult, statusResult } from '../../results.ts';
import { dryRun, registerInput, registerSchema, waitSeconds } from '../backend-input.ts';
import type { AddTool, ToolsOptions } from './tool.ts';

const name = z.string().min(1).describe('name of the backend');

/** Adds the tools for backends. */
export function addBackendTools(add: AddTool, { installation }: ToolsOptions): void {
  add(
    'list_backends',
    {
      title: 'List backends',
      description:
        'Lists all registered MCP servers with health, replicas, tenants and URL, and why one does not serve.',
      input: z.strictObject({}),
      output: listResult,
      kind: 'read',
    },
    () => listBackends(installation),
  );
  add(
    'backend_status',
    {
      title: 'Status of a backend',
      description: 'Shows one MCP server in detail: its replicas, restarts, last log lines and history.',
      input: z.strictObject({
        name,
        lines: z.number().int().min(0).max(200).default(20).describe('last log lines of each replica to show'),
      }),
      output: statusResult,
      kind: 'read',
    },
    (args) => backendStatus(installation, args),
  );
  const where =
    installation.kind === 'cluster'
      ? 'image, service, url, urls and command (with transport: stdio)'
      : 'command, url and urls';
  add(
    'register_backend',
    {
      title: 'Register a backend',
      description: [
        'Puts an MCP server behind the gateway, or changes one (update: true; keys that are not given are kept).',
        `Exactly one of ${where} says where it runs.`,
        'Secrets are references; a value that looks like a credential is rejected.',
        'Without tenants, every tenant may use it whose own list names it, or all backends.',
      ].join(' '),
      input: registerInput,
      schema: registerSchema(installation.kind),
      output: changeResult,
      kind: 'change',
    },
    ({ waitSeconds: seconds, ...rest }, context) =>
      registerBackend(installation, { ...rest, waiting: waitingOf(seconds, context) }),
  );
  add(
    'scale_backend',
    {
      title: 'Scale a backend',
      description:
        'Sets the number of replicas of an MCP server. Sessions do not move; those of a removed replica end after its drain time.',
      input: z.strictObject({ name, replicas: z.number().int().min(0).max(100), dryRun, waitSeconds }),
      output: changeResult,
      kind: 'change',
    },
    ({ waitSeconds: seconds, ...rest }, context) =>
      scaleBackend(installation, { ...rest, waiting: waitingOf(seconds, context) }),
  );
  add(
    'remove_backend',
    {
      title: 'Remove a backend',
      description: 'Removes an MCP server from the gateway, and its replicas if the gateway runs them.',
      input: z.strictObject({ name, dryRun }),
      output: changeResult,
      kind: 'destroy',
    },
    (args) => removeBackend(installation, args),
  );
  add(
    'assign_backend',
    {
      title: 'Assign a backend to tenants',
      description: 'Chooses which tenants may use an MCP server; updates its own list and those of the tenants.',
      input: z.strictObject({
        name,
        tenants: z.array(z.string().min(1)).max(1_000).describe('names of tenants'),
        mode: z
          .enum(['set', 'add', 'remove'], 'must be set, add or remove')
          .default('set')
          .describe('set: exactly these tenants; add: these too; remove: all but these'),
        dryRun,
      }),
      output: assignResult,
      kind: 'change',
    },
    (args) => assignBackend(installation, args),
  );
}

function waitingOf(seconds: number, { mcpReq: { _meta, notify, signal } }: ServerContext): Waiting | undefined {
  if (seconds === 0) return undefined;
  const progressToken = _meta?.progressToken;
  let last = -1;
  const progress = (message: string, passedSeconds: number) => {
    if (progressToken === undefined) return;
    // MCP: progress must increase with each notification.
    last = Math.max(last + 1, passedSeconds);
    const params = { progressToken, progress: last, total: Math.max(last, seconds), message };
    notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
  return { seconds, progress, signal };
}
