import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, endSession, openSession, rpc } from '../../test/fixtures/replica-server/client.ts';

/** What a caller got in a time. */
export interface Got {
  seconds: number;
  /** Requests that were answered with a 2xx. */
  answered: number;
  worstMs: number;
  /** Other answers, by status; `none` if there was no answer. */
  others: Record<string, number>;
}

/** Loops that call in a session. */
const SESSIONS = 3;

/** A caller who calls a tool in three sessions, and opens and ends a fourth again and again, each as soon as it got its answer. */
export class GoodCaller {
  readonly #url: string;
  readonly #token: string;
  readonly #agents: readonly Agent[] = Array.from(
    { length: SESSIONS + 1 },
    () => new Agent({ keepAlive: true, maxSockets: 1 }),
  );
  #sessions: string[] = [];

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async open(): Promise<void> {
    for (const agent of this.#agents.slice(0, SESSIONS)) {
      this.#sessions.push((await openSession(this.#url, { token: this.#token, agent })).session);
    }
  }

  /** Calls for some seconds. */
  async call(seconds: number): Promise<Got> {
    const got: Got = { seconds, answered: 0, worstMs: 0, others: {} };
    const endMs = performance.now() + seconds * 1_000;
    const ask = async (work: () => Promise<Answer>): Promise<Answer | undefined> => {
      const startedMs = performance.now();
      const answer = await work().catch(() => undefined);
      got.worstMs = Math.max(got.worstMs, performance.now() - startedMs);
      if (answer !== undefined && answer.status < 300) got.answered += 1;
      else {
        const status = String(answer?.status ?? 'none');
        got.others[status] = (got.others[status] ?? 0) + 1;
        // Not a flood of its own.
        await sleep(20);
      }
      return answer;
    };
    const token = this.#token;
    const loops = this.#agents.map(async (agent, index) => {
      const session = this.#sessions[index];
      while (performance.now() < endMs) {
        if (session !== undefined) await ask(() => rpc(this.#url, { token, session, agent }));
        else await this.#openAndEnd(agent, ask);
      }
    });
    await Promise.all(loops);
    return got;
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  async #openAndEnd(agent: Agent, ask: (work: () => Promise<Answer>) => Promise<Answer | undefined>): Promise<void> {
    const token = this.#token;
    const opened = await ask(() => rpc(this.#url, { token, agent }, 'initialize'));
    const session = opened?.headers['mcp-session-id'];
    if (typeof session === 'string') await ask(() => endSession(this.#url, { token, session }));
  }
}
