import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Denial, deny } from '../core/mcp/denial.ts';
import type { Logger } from '../runtime/log.ts';
import { EventLog } from '../runtime/streamable-http/event-log.ts';
import { type EventPosition, EventStream } from '../runtime/streamable-http/event-stream.ts';
import { errorLine, type Message, type MessageId, readMessages } from '../runtime/streamable-http/messages.ts';
import { type Call, callOfLongLine, streamFor } from './calls.ts';
import type { Line } from './lines.ts';
import type { SessionServer, StartServer } from './session-server.ts';

/** Requests of one session that may wait for their responses. */
const MAX_CALLS = 1_024;
/** Finished streams of one session that may be replayed at the same time. */
const MAX_REPLAYS = 8;
const INTERNAL_ERROR = -32603;
/** The first revision whose clients accept an event without data. */
const PRIMED_SINCE = '2025-11-25';

/** Outcome of `initialize`: the server's response, and whether it is a result; or a denial. */
export type Opening = { answer: string; accepted: boolean } | { denial: Denial };

/** What all sessions of a bridge have in common. */
export interface SessionOptions {
  startServer: StartServer;
  /** Limit of the messages that are kept for clients that resume, and of unread messages to the server. */
  maxMessageBytes: number;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** One session: its server, and the streams that carry its messages to the client. */
export class ProcessSession {
  readonly id: string;
  /** Time of the last request or disconnection, in milliseconds since the epoch. */
  lastUsedMs: number;
  /** Settles when the server is gone, with everything that it started. */
  readonly ended: Promise<void>;
  readonly #server: SessionServer;
  readonly #maxMessageBytes: number;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #calls = new Map<MessageId, Call>();
  readonly #events: EventLog;
  readonly #getStream: EventStream;
  readonly #postStreams = new Set<EventStream>();
  #lastStream = 0;
  #replays = 0;
  #revision: string | undefined;
  #onOpening: ((opening: Opening) => void) | undefined;
  #ending: Promise<void> | undefined;

  private constructor(id: string, server: SessionServer, { maxMessageBytes, log, now }: SessionOptions) {
    this.id = id;
    this.#server = server;
    this.#maxMessageBytes = maxMessageBytes;
    this.#log = log;
    this.#now = now;
    this.lastUsedMs = now();
    this.#events = new EventLog(maxMessageBytes);
    this.#getStream = new EventStream(0, this.#events);
    this.ended = server.gone.then(async (why) => {
      if (this.#ending === undefined) log.warn(why);
      await this.end(why);
    });
  }

  /** Starts the server of a session. Rejects if it cannot be started. */
  static async start(id: string, headers: OutgoingHttpHeaders, options: SessionOptions): Promise<ProcessSession> {
    let session: ProcessSession | undefined;
    const onLine = (line: Line) => (session === undefined ? undefined : session.#receive(line));
    const { startServer, log } = options;
    const server = await startServer({ name: `session ${id.slice(0, 8)}`, log, headers, onLine });
    session = new ProcessSession(id, server, options);
    return session;
  }

  /** Process id of the server, if the bridge has started it. */
  get pid(): number | undefined {
    return this.#server.pid;
  }

  /** The revision that the server chose in its response to `initialize`. */
  get revision(): string | undefined {
    return this.#revision;
  }

  /** Whether it takes no more messages. */
  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Whether the client has a connection. */
  get connected(): boolean {
    return this.#getStream.connected || [...this.#postStreams].some(({ connected }) => connected);
  }

  /** Sends `initialize` to the server. Settles with its response. */
  open(initialize: Message, headers: OutgoingHttpHeaders): Promise<Opening> {
    const { id = 0 } = initialize;
    this.#calls.set(id, { id, stream: undefined, progressToken: initialize.progressToken, cancelled: false });
    this.#server.write(initialize, headers);
    return new Promise((resolve) => {
      this.#onOpening = resolve;
    });
  }

  /** Handles a POST. Returns a denial, or undefined if the response is written now or later. */
  post(
    messages: readonly Message[],
    response: ServerResponse,
    { revision, headers }: { revision: string | undefined; headers: OutgoingHttpHeaders },
  ): Denial | undefined {
    const requests = messages.flatMap(({ kind, id, progressToken }) =>
      kind === 'request' && id !== undefined ? { id, progressToken } : [],
    );
    if (requests.some(({ id }, index) => this.#calls.has(id) || requests.findIndex((one) => one.id === id) !== index)) {
      return deny('request-id-in-use');
    }
    if (this.#calls.size + requests.length > MAX_CALLS || this.#server.unreadBytes > this.#maxMessageBytes) {
      return deny('server-busy');
    }
    this.lastUsedMs = this.#now();
    if (requests.length > 0) {
      this.#lastStream += 1;
      const stream = new EventStream(this.#lastStream, this.#events);
      this.#postStreams.add(stream);
      for (const request of requests) this.#calls.set(request.id, { ...request, stream, cancelled: false });
      const primed = revision !== undefined && revision >= PRIMED_SINCE;
      stream.attach(response, { sessionId: this.id, primed, onClose: () => this.#onDisconnect(stream) });
    } else {
      response.writeHead(202, { 'mcp-session-id': this.id }).end();
    }
    for (const message of messages) {
      if (message.method === 'notifications/cancelled') this.#cancel(message.requestId);
      this.#server.write(message, headers);
    }
    return undefined;
  }

  /**
   * Handles a GET: opens the stream for messages that belong to no request, or resumes a stream. It takes the place of an earlier
   * connection of the same stream, which may be dead without anyone having noticed.
   *
   * @param position where to resume; undefined without `Last-Event-ID`
   */
  get(response: ServerResponse, position: EventPosition | undefined): Denial | undefined {
    const attach = (stream: EventStream, after?: number) => {
      const onClose = () => this.#onDisconnect(stream);
      stream.attach(response, {
        sessionId: this.id,
        primed: false,
        onClose,
        ...(after === undefined ? {} : { after }),
      });
    };
    this.lastUsedMs = this.#now();
    if (position === undefined || position.stream === 0) {
      attach(this.#getStream, position?.number);
      return undefined;
    }
    const active = [...this.#postStreams].find(({ number }) => number === position.stream);
    if (active !== undefined) {
      attach(active, position.number);
      return undefined;
    }
    if (this.#events.after(position.stream, position.number).length === 0) return deny('nothing-to-resume');
    if (this.#replays >= MAX_REPLAYS) return deny('replays-in-use');
    this.#replays += 1;
    response.once('close', () => {
      this.#replays -= 1;
    });
    const replay = new EventStream(position.stream, this.#events);
    attach(replay, position.number);
    replay.end();
    return undefined;
  }

  /** Sends a comment on every connection, so that no proxy closes it as idle. */
  ping(): void {
    for (const stream of [this.#getStream, ...this.#postStreams]) stream.ping();
  }

  /** Ends the session: unanswered requests get an error with the reason, then the server is ended. */
  end(why: string): Promise<void> {
    this.#ending ??= this.#end(why);
    return this.#ending;
  }

  async #end(why: string): Promise<void> {
    const { stderrTail } = this.#server;
    const cause = stderrTail === '' ? why : `${why}: ${stderrTail}`;
    this.#onOpening?.({ denial: deny('server-failed', { values: { why: cause } }) });
    for (const { id, stream } of this.#calls.values()) stream?.send(errorLine(id, INTERNAL_ERROR, why));
    for (const stream of [this.#getStream, ...this.#postStreams]) stream.end();
    this.#calls.clear();
    this.#postStreams.clear();
    await this.#server.end();
  }

  #onDisconnect(stream: EventStream): void {
    this.lastUsedMs = this.#now();
    this.#forgetCancelled(stream);
  }

  #cancel(id: MessageId | undefined): void {
    const call = id === undefined ? undefined : this.#calls.get(id);
    if (call === undefined) return;
    call.cancelled = true;
    if (call.stream?.connected === false) this.#forgetCancelled(call.stream);
  }

  // A server need not answer cancelled requests, so they would wait forever. Without a connection nothing is left to send.
  #forgetCancelled(stream: EventStream): void {
    const calls = [...this.#calls.values()].filter((call) => call.stream === stream);
    if (!calls.every(({ cancelled }) => cancelled)) return;
    for (const { id } of calls) this.#calls.delete(id);
    this.#postStreams.delete(stream);
  }

  #receive(line: Line): Promise<void> | undefined {
    if (this.#ending !== undefined) return undefined;
    if ('tooLong' in line) return this.#drop(line);
    if (line.text.trim() === '') return undefined;
    const messages = readMessages(line.text);
    if (messages === undefined) {
      this.#log.warn({ line: line.text.slice(0, 200) }, 'skipped a line on stdout that is not JSON-RPC');
      return undefined;
    }
    const waits = messages.flatMap((message) => this.#route(message) ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  #route(message: Message): Promise<void> | undefined {
    if (message.kind !== 'response')
      return streamFor(message, this.#calls.values(), this.#getStream).send(message.line);
    const call = message.id === undefined ? undefined : this.#calls.get(message.id);
    if (call !== undefined) return this.#answer(call, message.line);
    this.#log.debug({ id: message.id }, 'skipped a response to an unknown request');
    return undefined;
  }

  #answer({ id, stream }: Call, line: string): Promise<void> | undefined {
    this.#calls.delete(id);
    if (stream === undefined) {
      const { result } = JSON.parse(line) as { result?: { protocolVersion?: unknown } };
      if (typeof result?.protocolVersion === 'string') this.#revision = result.protocolVersion;
      this.#onOpening?.({ answer: line, accepted: result !== undefined });
      this.#onOpening = undefined;
      return undefined;
    }
    const wait = stream.send(line);
    if (![...this.#calls.values()].some((call) => call.stream === stream)) {
      stream.end();
      this.#postStreams.delete(stream);
    }
    return wait;
  }

  #drop({ head, tail }: { head: string; tail: string }): Promise<void> | undefined {
    const limit = `${this.#maxMessageBytes} bytes`;
    this.#log.error({ begins: head.slice(0, 200) }, `dropped a line on stdout of more than ${limit}`);
    const call = callOfLongLine({ head, tail }, this.#calls);
    return call && this.#answer(call, errorLine(call.id, INTERNAL_ERROR, `The answer is larger than ${limit}`));
  }
}
