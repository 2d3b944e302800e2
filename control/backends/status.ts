import type { z } from 'zod';
import type { Installation } from '../installation.ts';
import type { statusResult } from '../results.ts';
import { noBackend } from './assign.ts';
import { hideIn } from './credentials.ts';
import { toRow } from './list.ts';

/** One backend with its replicas, their last log lines, and its history. */
export async function backendStatus(
  installation: Installation,
  { name, lines }: { name: string; lines: number },
): Promise<z.output<typeof statusResult>> {
  const found = await installation.get(name);
  if (found === undefined) throw noBackend(name, (await installation.list()).backends);
  const { replicas, history } = await installation.detail(found, lines);
  return {
    ...toRow(found),
    source: found.source,
    replicas: replicas.map((replica) => ({
      ...{ id: replica.id, state: replica.state, health: replica.health },
      address: replica.address ?? null,
      restarts: replica.restarts ?? null,
      startedAt: replica.startedAt ?? null,
      lastExit: replica.lastExit ?? null,
      log: replica.log.map(hideIn),
    })),
    history: history.map(({ time, what }) => ({ time, what })),
  };
}
