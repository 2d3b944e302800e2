import { randomBytes } from 'node:crypto';
import { messageOf } from '../core/errors.ts';
import { type Denial, deny } from '../core/mcp/denial.ts';
import { Changes } from '../runtime/changes.ts';
import type { Logger } from '../runtime/log.ts';
import type { Message } from '../runtime/streamable-http/messages.ts';
import { type Opening, ProcessSession } from './process-session.ts';
import type { ServerSpec } from './server-process.ts';

/** 192 bits: an id is not guessed. */
const ID_BYTES = 24;
const LONGEST_SWEEP_MS = 15_000;
const DRAINING = deny('bridge-draining');

/** What a table of sessions is made with. */
export interface SessionsOptions {
  server: ServerSpec;
  /** Most sessions at once, those that begin and end included. */
  maxSessions: number;
  /** A session that nobody used or was connected to for so long is ended. */
  idleMs: number;
  /** How long a server may take to answer `initialize`. */
  startMs: number;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** A session that was opened, with the server's answer to `initialize`; or why there is none. */
export type Opened =
  | { session: ProcessSession; answer: string }
  | { refusedBy: 'server'; answer: string }
  | { denial: Denial };

/** The sessions of one bridge, each with its process. */
export class ProcessSessions {
  readonly #options: SessionsOptions;
  readonly #now: () => number;
  readonly #open = new Map<string, ProcessSession>();
  readonly #sweeping: NodeJS.Timeout;
  readonly #changes = new Changes();
  /** All that have a process, those included that begin or end. */
  readonly #living = new Set<ProcessSession>();
  #processes = 0;
  #draining = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#now = options.now;
    this.#sweeping = setInterval(() => this.sweep(), Math.min(LONGEST_SWEEP_MS, options.idleMs / 4));
  }

  /** How many processes there are. */
  get size(): number {
    return this.#processes;
  }

  /** Whether no more sessions are opened. */
  get draining(): boolean {
    return this.#draining;
  }

  /** The open session with this id. */
  get(id: string): ProcessSession | undefined {
    return this.#open.get(id);
  }

  /** Opens a session: starts a process and asks it. Gives up when the client is gone. */
  async open(initialize: Message, gone: AbortSignal): Promise<Opened> {
    const { maxSessions, server, log, startMs } = this.#options;
    if (this.#draining) return { denial: DRAINING };
    if (this.#processes >= maxSessions) return { denial: deny('sessions-in-use', { values: { maxSessions } }) };
    this.#processes += 1;
    const id = randomBytes(ID_BYTES).toString('base64url');
    let session: ProcessSession;
    try {
      session = await ProcessSession.start(id, server, log.child({ session: id.slice(0, 8) }), this.#now);
    } catch (error) {
      this.#left();
      const why = messageOf(error).replace(/^cannot start [^:]*: /, '');
      const denial = deny('server-not-started', { values: { why } });
      log.error(denial.error.message);
      return { denial };
    }
    this.#living.add(session);
    void session.ended.then(() => {
      this.#open.delete(id);
      this.#living.delete(session);
      this.#left();
    });
    const late = AbortSignal.timeout(startMs);
    const opening = await Promise.race([session.open(initialize), aborted(AbortSignal.any([late, gone]))]);
    if (opening !== undefined && 'answer' in opening && opening.accepted && !this.#draining) {
      this.#open.set(id, session);
      log.info({ session: id.slice(0, 8), pid: session.pid, sessions: this.#processes }, 'session opened');
      return { session, answer: opening.answer };
    }
    return this.#failed(session, opening, late.aborted);
  }

  /** Ends a session. Settles when its processes are gone. */
  async end(session: ProcessSession, why: string): Promise<void> {
    this.#open.delete(session.id);
    await session.end(why);
    await session.ended;
  }

  /** Ends what was not used for too long, and keeps the connections of the others alive. */
  sweep(): void {
    for (const session of this.#open.values()) {
      if (session.inUse) session.ping();
      else if (this.#now() - session.lastUsedMs > this.#options.idleMs) {
        this.#options.log.info({ session: session.id.slice(0, 8) }, 'session ended: nobody used it');
        void this.end(session, 'the session was not used for too long');
      }
    }
  }

  /** Opens no more sessions, lets the open ones go on for at most so long, then ends all. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    if (drainMs > 0) await this.#changes.until(() => this.#processes === 0, drainMs);
    clearInterval(this.#sweeping);
    await Promise.all([...this.#living].map((session) => this.end(session, 'the bridge is ending')));
    await this.#changes.until(() => this.#processes === 0, this.#options.server.graceMs + 1_000);
  }

  #failed(session: ProcessSession, opening: Opening | undefined, late: boolean): Opened {
    const seconds = Math.round(this.#options.startMs / 1000);
    const why = late ? `the server did not answer initialize within ${seconds} s` : 'initialize failed';
    void this.end(session, why);
    if (this.#draining) return { denial: DRAINING };
    if (opening === undefined) return { denial: deny('server-timeout', { values: { why } }) };
    return 'answer' in opening ? { refusedBy: 'server', answer: opening.answer } : opening;
  }

  #left(): void {
    this.#processes -= 1;
    this.#changes.wake();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
