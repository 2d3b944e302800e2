import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPLICA_PROGRAM } from '../../test/fixtures/replica-server/client.ts';
import { startGateway, type TestGateway } from '../../test/support/gateway.ts';
import { writeEnded } from '../load/ended-file.ts';
import type { BackendName } from './flood.ts';

const LISTS_PROGRAM = 'bench/abuse/lists-server.ts';
const STDIO_PROGRAM = 'test/fixtures/stdio-server/main.ts';

const http = (name: BackendName, program: string) => ({
  ...{ name, command: [process.execPath, program], healthCheck: { type: 'tcp' } },
});

/** One rule with which lists are filtered and resources are compared. */
const RULES = { tools: { deny: ['drop_*'] }, resources: { allow: ['file:///pub/*'], deny: ['*secret*'] } };

const BACKENDS: Record<BackendName, Record<string, unknown>> = {
  good: http('good', REPLICA_PROGRAM),
  other: http('other', REPLICA_PROGRAM),
  lists: { ...http('lists', LISTS_PROGRAM), affinity: 'none', ...RULES },
  stdio: { name: 'stdio', transport: 'stdio', command: [process.execPath, STDIO_PROGRAM] },
};

const tenant = (name: string, more: object = {}) => ({ name, match: [{ claim: 'tenant', value: name }], ...more });

/** The gateway under attack: as a user starts it, with a good tenant, one that attacks, and one whose quota is soon used up. */
export async function startVictim(endedSessions: number): Promise<TestGateway> {
  const stateDir = mkdtempSync(join(tmpdir(), 'mcp-abuse-'));
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  if (endedSessions > 0) writeEnded(join(stateDir, 'ended-sessions'), endedSessions, 100);
  const remove = () => rmSync(stateDir, { recursive: true, force: true });
  try {
    const gateway = await startGateway({
      ...{ stateDir, backends: BACKENDS, workers: 'default' },
      tenants: {
        tenants: [
          ...[tenant('engineering'), tenant('attackers')],
          tenant('poor', { quota: { requests: 10, per: 'day' } }),
        ],
      },
    });
    const stop = async () => {
      await gateway.stop().finally(remove);
    };
    return { ...gateway, stop };
  } catch (error) {
    remove();
    throw error;
  }
}
