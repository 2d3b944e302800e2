import type { ServerResponse } from 'node:http';
import { type Denial, deny } from '../core/mcp/denial.ts';
import type { Logger } from '../runtime/log.ts';
import { describeExit } from '../runtime/processes/child.ts';
import { EventLog } from '../runtime/streamable-http/event-log.ts';
import { type EventPosition, EventStream } from '../runtime/streamable-http/event-stream.ts';
import { errorLine, type Message, type MessageId, readMessages } from '../runtime/streamable-http/messages.ts';
import { type Call, callOfLongLine, streamFor } from './calls.ts';
import type { Line } from './lines.ts';
import { ServerProcess, type ServerSpec } from './server-process.ts';

/** Requests of one session that may wait for their answers. */
const MAX_CALLS = 1_024;
/** Answers to requests that are over, which may be sent anew at once. */
const MAX_REPLAYS = 8;
const INTERNAL_ERROR = -32603;
/** The first revision whose clients take an event without data. */
const PRIMED_SINCE = '2025-11-25';

/** What became of the request that opens a session. */
export type Opening = { answer: string; accepted: boolean } | { denial: Denial };

/** One session: a server process, and the streams on which its messages go to the client. */
export class ProcessSession {
  readonly id: string;
  /** When it was used last, in milliseconds since the epoch. */
  lastUsedMs: number;
  /** Settles when the server process and all that it started are gone. */
  readonly ended: Promise<void>;
  readonly #server: ServerProcess;
  readonly #spec: ServerSpec;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #calls = new Map<MessageId, Call>();
  readonly #events: EventLog;
  readonly #listening: EventStream;
  readonly #streams = new Set<EventStream>();
  #numbers = 0;
  #replays = 0;
  #onOpening: ((opening: Opening) => void) | undefined;
  #ending: Promise<void> | undefined;

  private constructor(id: string, server: ServerProcess, spec: ServerSpec, log: Logger, now: () => number) {
    this.id = id;
    this.#server = server;
    this.#spec = spec;
    this.#log = log;
    this.#now = now;
    this.lastUsedMs = now();
    this.#events = new EventLog(spec.maxMessageBytes);
    this.#listening = new EventStream(0, this.#events);
    this.ended = server.exited.then(async (exit) => {
      const why = `the server process ended (${describeExit(exit)})`;
      if (this.#ending === undefined) log.warn(why);
      await this.end(why);
    });
  }

  /** Starts the process of a session. Rejects when it cannot be started. */
  static async start(id: string, spec: ServerSpec, log: Logger, now: () => number): Promise<ProcessSession> {
    let session: ProcessSession | undefined;
    const server = await ServerProcess.start(spec, `session ${id.slice(0, 8)}`, log, (line) =>
      session === undefined ? undefined : session.#receive(line),
    );
    session = new ProcessSession(id, server, spec, log, now);
    return session;
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#server.pid;
  }

  /** Whether somebody is connected. */
  get inUse(): boolean {
    return this.#listening.connected || [...this.#streams].some(({ connected }) => connected);
  }

  /** Sends `initialize`, and gives the server's answer to it. */
  open(initialize: Message): Promise<Opening> {
    const { id = 0, line } = initialize;
    this.#calls.set(id, { id, stream: undefined, progressToken: initialize.progressToken, cancelled: false });
    this.#server.write(line);
    return new Promise((resolve) => {
      this.#onOpening = resolve;
    });
  }

  /** Takes the messages of a POST. Gives why it does not; otherwise the response is, or will be, written. */
  post(messages: readonly Message[], response: ServerResponse, revision: string | undefined): Denial | undefined {
    const requests = messages.flatMap(({ kind, id, progressToken }) =>
      kind === 'request' && id !== undefined ? { id, progressToken } : [],
    );
    if (requests.some(({ id }, index) => this.#calls.has(id) || requests.findIndex((one) => one.id === id) !== index)) {
      return deny('request-id-in-use');
    }
    if (this.#calls.size + requests.length > MAX_CALLS || this.#server.unread > this.#spec.maxMessageBytes) {
      return deny('server-busy');
    }
    this.lastUsedMs = this.#now();
    if (requests.length > 0) {
      this.#numbers += 1;
      const stream = new EventStream(this.#numbers, this.#events);
      this.#streams.add(stream);
      for (const request of requests) this.#calls.set(request.id, { ...request, stream, cancelled: false });
      const primed = revision !== undefined && revision >= PRIMED_SINCE;
      stream.attach(response, { sessionId: this.id, primed, onClose: () => this.#closed(stream) });
    } else {
      response.writeHead(202, { 'mcp-session-id': this.id }).end();
    }
    for (const message of messages) {
      if (message.method === 'notifications/cancelled') this.#cancel(message.requestId);
      this.#server.write(message.line);
    }
    return undefined;
  }

  /** Takes a GET: the stream of what the server says unasked, or another one where its connection broke. */
  listen(response: ServerResponse, place: EventPosition | undefined): Denial | undefined {
    const attach = (stream: EventStream, after?: number) => {
      const onClose = () => this.#closed(stream);
      stream.attach(response, {
        sessionId: this.id,
        primed: false,
        onClose,
        ...(after === undefined ? {} : { after }),
      });
    };
    this.lastUsedMs = this.#now();
    if (place === undefined || place.stream === 0) {
      if (place === undefined && this.#listening.connected) {
        return deny('stream-conflict');
      }
      attach(this.#listening, place?.number);
      return undefined;
    }
    const active = [...this.#streams].find(({ number }) => number === place.stream);
    if (active !== undefined) {
      attach(active, place.number);
      return undefined;
    }
    if (this.#events.after(place.stream, place.number).length === 0) {
      return deny('nothing-to-resume');
    }
    if (this.#replays >= MAX_REPLAYS) return deny('replays-in-use');
    this.#replays += 1;
    response.once('close', () => {
      this.#replays -= 1;
    });
    const over = new EventStream(place.stream, this.#events);
    attach(over, place.number);
    over.end();
    return undefined;
  }

  /** Sends something on every open connection, so that nobody in between takes it for dead. */
  ping(): void {
    for (const stream of [this.#listening, ...this.#streams]) stream.ping();
  }

  /** Ends the session: whoever waits is told why, the process and all that it started end. */
  end(why: string): Promise<void> {
    this.#ending ??= this.#end(why);
    return this.#ending;
  }

  async #end(why: string): Promise<void> {
    const words = this.#server.lastWords;
    const cause = words === '' ? why : `${why}: ${words}`;
    this.#onOpening?.({ denial: deny('server-failed', { values: { why: cause } }) });
    for (const { id, stream } of this.#calls.values()) stream?.send(errorLine(id, INTERNAL_ERROR, why));
    for (const stream of [this.#listening, ...this.#streams]) stream.end();
    this.#calls.clear();
    this.#streams.clear();
    await this.#server.end();
  }

  #closed(stream: EventStream): void {
    this.lastUsedMs = this.#now();
    this.#forgetCancelled(stream);
  }

  #cancel(id: MessageId | undefined): void {
    const call = id === undefined ? undefined : this.#calls.get(id);
    if (call === undefined) return;
    call.cancelled = true;
    if (call.stream?.connected === false) this.#forgetCancelled(call.stream);
  }

  // Nobody will ask for answers that were called off, and servers need not give them.
  #forgetCancelled(stream: EventStream): void {
    const calls = [...this.#calls.values()].filter((call) => call.stream === stream);
    if (!calls.every(({ cancelled }) => cancelled)) return;
    for (const { id } of calls) this.#calls.delete(id);
    this.#streams.delete(stream);
  }

  #receive(line: Line): Promise<void> | undefined {
    if (this.#ending !== undefined) return undefined;
    if ('tooLong' in line) return this.#passOver(line);
    if (line.text.trim() === '') return undefined;
    const messages = readMessages(line.text);
    if (messages === undefined) {
      this.#log.warn({ line: line.text.slice(0, 200) }, 'the server wrote something on stdout that is no JSON-RPC');
      return undefined;
    }
    const waits = messages.flatMap((message) => this.#route(message) ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  #route(message: Message): Promise<void> | undefined {
    if (message.kind !== 'response')
      return streamFor(message, this.#calls.values(), this.#listening).send(message.line);
    const call = message.id === undefined ? undefined : this.#calls.get(message.id);
    if (call !== undefined) return this.#answer(call, message.line);
    this.#log.debug({ id: message.id }, 'the server answered what nobody asked');
    return undefined;
  }

  #answer({ id, stream }: Call, line: string): Promise<void> | undefined {
    this.#calls.delete(id);
    if (stream === undefined) {
      this.#onOpening?.({ answer: line, accepted: Object.hasOwn(JSON.parse(line), 'result') });
      this.#onOpening = undefined;
      return undefined;
    }
    const wait = stream.send(line);
    if (![...this.#calls.values()].some((call) => call.stream === stream)) {
      stream.end();
      this.#streams.delete(stream);
    }
    return wait;
  }

  #passOver({ head, tail }: { head: string; tail: string }): Promise<void> | undefined {
    const limit = `${this.#spec.maxMessageBytes} bytes`;
    this.#log.error({ begins: head.slice(0, 200) }, `the server wrote a line of more than ${limit}`);
    const call = callOfLongLine({ head, tail }, this.#calls);
    return call && this.#answer(call, errorLine(call.id, INTERNAL_ERROR, `The answer is larger than ${limit}`));
  }
}
