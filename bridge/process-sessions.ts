import { randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { messageOf } from '../core/errors.ts';
import { type Denial, deny } from '../core/mcp/denial.ts';
import { Changes } from '../runtime/changes.ts';
import type { Message } from '../runtime/streamable-http/messages.ts';
import { type Opening, ProcessSession, type SessionOptions } from './process-session.ts';
import { SESSION_END } from './session-end.ts';

/** 192 bits, which cannot be guessed. */
const ID_BYTES = 24;
const MAX_SWEEP_INTERVAL_MS = 15_000;
const DRAINING = deny('bridge-draining');

/** Settings of {@link ProcessSessions}. */
export interface SessionsOptions extends SessionOptions {
  /** Maximum number of sessions at the same time, including those that are starting or ending. */
  maxSessions: number;
  /** A session without a request or a connection for this long is ended. */
  idleMs: number;
  /** How long a server may take to answer `initialize`. */
  startMs: number;
  /** How long a server may take to end. */
  graceMs: number;
}

/** The request that opens a session. */
export interface Opener {
  headers: OutgoingHttpHeaders;
  /** Opaque name of the user; undefined if no gateway is in front of the bridge. */
  user: string | undefined;
}

/** Outcome of opening a session: the session with the server's response; the server's error response; or a denial. */
export type Opened =
  | { session: ProcessSession; answer: string }
  | { rejectedBy: 'server'; answer: string }
  | { denial: Denial };

/** The sessions of one bridge, each with a server process of its own. */
export class ProcessSessions {
  readonly #options: SessionsOptions;
  readonly #now: () => number;
  readonly #open = new Map<string, ProcessSession>();
  readonly #sweepTimer: NodeJS.Timeout;
  readonly #changes = new Changes();
  /** Every session with a process, including those that are starting or ending. */
  readonly #withProcess = new Set<ProcessSession>();
  /** The size of `#withProcess`, and the processes that are being started. */
  #processes = 0;
  /** How many of `#processes` each user has. */
  readonly #held = new Map<string, number>();
  #draining = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#now = options.now;
    this.#sweepTimer = setInterval(() => this.sweep(), Math.min(MAX_SWEEP_INTERVAL_MS, options.idleMs / 4));
  }

  /** Number of server processes. */
  get size(): number {
    return this.#processes;
  }

  /** Whether new sessions are denied because the bridge is shutting down. */
  get draining(): boolean {
    return this.#draining;
  }

  /** The open session with this id. */
  get(id: string): ProcessSession | undefined {
    const session = this.#open.get(id);
    return session?.ending ? undefined : session;
  }

  /**
   * Opens a session: starts its server and sends `initialize`.
   *
   * @param disconnected aborts when the client disconnects; the session then does not open
   */
  async open(initialize: Message, { headers, user }: Opener, disconnected: AbortSignal): Promise<Opened> {
    const { log, startMs } = this.#options;
    if (this.#draining) return { denial: DRAINING };
    const full = this.#full(user);
    if (full !== undefined) return { denial: full };
    this.#count(user, 1);
    const id = randomBytes(ID_BYTES).toString('base64url');
    let session: ProcessSession;
    try {
      session = await ProcessSession.start(id, headers, {
        ...this.#options,
        log: log.child({ session: id.slice(0, 8) }),
      });
    } catch (error) {
      this.#count(user, -1);
      const why = messageOf(error).replace(/^cannot start [^:]*: /, '');
      const denial = deny('server-not-started', { values: { why } });
      log.error(denial.error.message);
      return { denial };
    }
    this.#withProcess.add(session);
    void session.ended.then(() => {
      this.#open.delete(id);
      this.#withProcess.delete(session);
      this.#count(user, -1);
    });
    const timeout = AbortSignal.timeout(startMs);
    const opening = await Promise.race([
      session.open(initialize, headers),
      aborted(AbortSignal.any([timeout, disconnected])),
    ]);
    if (opening !== undefined && 'answer' in opening && opening.accepted && !this.#draining) {
      this.#open.set(id, session);
      log.info({ session: id.slice(0, 8), pid: session.pid, sessions: this.#processes }, 'session opened');
      return { session, answer: opening.answer };
    }
    return this.#notOpened(session, opening, timeout.aborted);
  }

  /** Ends a session. Settles when its processes are gone. */
  async end(session: ProcessSession, why: string): Promise<void> {
    this.#open.delete(session.id);
    await session.end(why);
    await session.ended;
  }

  /** Ends idle sessions, and sends a keepalive on the connections of the others. */
  sweep(): void {
    for (const session of this.#open.values()) {
      if (session.connected) session.ping();
      else if (this.#now() - session.lastUsedMs > this.#options.idleMs) {
        this.#options.log.info({ session: session.id.slice(0, 8) }, 'ending an idle session');
        void this.end(session, SESSION_END.idle);
      }
    }
  }

  /** Denies new sessions, waits up to `drainMs` for the open ones to end, then ends all. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    if (drainMs > 0) await this.#changes.until(() => this.#processes === 0, drainMs);
    clearInterval(this.#sweepTimer);
    await Promise.all([...this.#withProcess].map((session) => this.end(session, SESSION_END.stopped)));
    await this.#changes.until(() => this.#processes === 0, this.#options.graceMs + 2_000);
  }

  async #notOpened(session: ProcessSession, opening: Opening | undefined, timedOut: boolean): Promise<Opened> {
    const why = timedOut ? SESSION_END.initializeTimeout(this.#options.startMs) : SESSION_END.notInitialized;
    const ended = this.end(session, why);
    // A client that retries at once must find room again. Only a server that runs takes long to end.
    if (opening !== undefined && 'denial' in opening) await ended;
    if (this.#draining) return { denial: DRAINING };
    if (opening === undefined) return { denial: deny('server-timeout', { values: { why } }) };
    return 'answer' in opening ? { rejectedBy: 'server', answer: opening.answer } : opening;
  }

  // A user may open another session only while fewer are the user's than are free. Whatever one user opens, others find room. See decision 053.
  #full(user: string | undefined): Denial | undefined {
    const { maxSessions } = this.#options;
    const free = maxSessions - this.#processes;
    if (free <= 0) return deny('sessions-in-use', { values: { maxSessions } });
    const held = user === undefined ? 0 : (this.#held.get(user) ?? 0);
    return held === 0 || held < free ? undefined : deny('user-sessions-in-use', { values: { held, free } });
  }

  #count(user: string | undefined, change: 1 | -1): void {
    this.#processes += change;
    if (user !== undefined) {
      const held = (this.#held.get(user) ?? 0) + change;
      if (held === 0) this.#held.delete(user);
      else this.#held.set(user, held);
    }
    this.#changes.wake();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
