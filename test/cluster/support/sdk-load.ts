import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { type Connection, SDK1, SDK2_LEGACY, textOf } from '../../support/clients.ts';

/** A session of an official client that is in constant use. */
export interface LoadSession {
  /** Process id of the server that holds it. */
  server: string;
  /** Calls that were answered by that server. */
  answered: number;
  /** Everything else, in order: errors, and answers of another server. After a 404 no more requests are sent. */
  failures: string[];
  /** The gateway answered that the session or its server no longer exists. */
  lost: boolean;
}

/** Steady load on a backend by sessions that stay open. */
export interface Load {
  readonly sessions: readonly LoadSession[];
  /** Waits until every session that is not lost got some more answers. */
  rounds(count: number): Promise<void>;
  /** Waits until all sessions of these servers are lost. */
  lost(servers: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const PAUSE_MS = 10;
const CALL_MS = 10_000;
const LOST_LIMIT_MS = 60_000;

/** Opens sessions with official clients of both generations, and calls the tool `replica` repeatedly in each. */
export async function startLoad(url: string, token: () => Promise<string>, count: number): Promise<Load> {
  const stopping = new AbortController();
  const open = async (index: number) => {
    const kind = index % 2 === 0 ? SDK1 : SDK2_LEGACY;
    const connection = await kind.connect({ url, token: await token() });
    const session: LoadSession = { server: await ask(connection), answered: 1, failures: [], lost: false };
    return { connection, session };
  };
  const opened = await Promise.all(Array.from({ length: count }, (_, index) => open(index)));
  const sessions = opened.map(({ session }) => session);
  const work = opened.map(async ({ connection, session }) => {
    while (!stopping.signal.aborted && !session.lost) {
      try {
        const server = await ask(connection);
        if (server === session.server) session.answered += 1;
        else session.failures.push(`answered by ${server}`);
      } catch (error) {
        if (stopping.signal.aborted) return;
        session.failures.push(String(error));
        session.lost = /Session not found|No such MCP server/.test(String(error));
      }
      await sleep(PAUSE_MS);
    }
  });
  return {
    sessions,
    async rounds(more) {
      const wanted = sessions.map(({ answered }) => answered + more);
      while (sessions.some((session, index) => !session.lost && session.answered < (wanted[index] ?? 0))) {
        await sleep(PAUSE_MS);
      }
    },
    async lost(servers) {
      const all = () => sessions.filter(({ server }) => servers.includes(server)).every(({ lost }) => lost);
      await eventually(all, (lost) => lost, LOST_LIMIT_MS);
    },
    async stop() {
      stopping.abort();
      await Promise.all(work);
      await Promise.all(opened.map(({ connection }) => connection.client.close()));
    },
  };
}

async function ask(connection: Connection): Promise<string> {
  // The client keeps waiting after a response breaks off, as if it might continue.
  return textOf(await connection.call('replica', {}, { signal: AbortSignal.timeout(CALL_MS) }));
}
