import { type BridgeOptions, startBridge } from '../../bridge/bridge.ts';
import { type DenialReason, deny } from '../../core/mcp/denial.ts';
import { createLogger } from '../../runtime/log.ts';

/** Command of the fixture server, with flags. */
export const fixture = (...flags: string[]): [string, ...string[]] => [
  process.execPath,
  'test/fixtures/stdio-server/main.ts',
  ...flags,
];

/** A message of a server. */
export interface Answer {
  id?: number | string;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
  method?: string;
  params?: Record<string, unknown>;
}

const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** A bridge in this process, and requests to it. */
export interface TestBridge {
  url: string;
  origin: string;
  /** Sends one POST, without a session by default. */
  post(body: unknown, session?: string, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** Opens a session and returns its id. */
  open(): Promise<string>;
  /** Sends a request in a session and returns its response. */
  ask(session: string, method: string, params?: object): Promise<Answer>;
  get(session: string, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  remove(session: string): Promise<Response>;
  stop(drainMs?: number): Promise<void>;
}

let lastId = 0;

/** An `initialize` request. */
export function initialize(id: number | string = 1, protocolVersion = '2025-06-18'): object {
  const clientInfo = { name: 'bridge-test', version: '1.0.0' };
  return { jsonrpc: '2.0', id, method: 'initialize', params: { protocolVersion, capabilities: {}, clientInfo } };
}

/** A request with a unique id. */
export function request(method: string, params: object = {}): { id: number } & Record<string, unknown> {
  lastId += 1;
  return { jsonrpc: '2.0', id: 1000 + lastId, method, params };
}

/** Starts a bridge on a free port. */
export async function bridgeTo(command: [string, ...string[]], more: Partial<BridgeOptions> = {}): Promise<TestBridge> {
  const bridge = await startBridge({
    host: '127.0.0.1',
    port: 0,
    path: '/mcp',
    server: { command },
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    maxSessions: 10,
    idleMs: 60_000,
    startMs: 20_000,
    graceMs: 2_000,
    maxMessageBytes: 4 * 1024 * 1024,
    recordFile: undefined,
    log: createLogger({ name: 'bridge', level: 'silent' }),
    ...more,
  });
  const origin = `http://127.0.0.1:${bridge.port}`;
  const url = `${origin}/mcp`;
  const inSession = (session: string | undefined) => (session === undefined ? {} : { 'mcp-session-id': session });
  const post: TestBridge['post'] = (body, session, headers = {}, signal) =>
    fetch(url, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...inSession(session), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    url,
    origin,
    post,
    async open() {
      const response = await post(initialize());
      const text = await response.text();
      const session = response.headers.get('mcp-session-id');
      if (response.status !== 200 || session === null) throw new Error(`${response.status} ${text}`);
      return session;
    },
    async ask(session, method, params) {
      const message = request(method, params);
      const response = await post(message, session);
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
      const answer = (await messagesOf(response)).find(({ id, method: own }) => id === message.id && own === undefined);
      if (answer === undefined) throw new Error(`no response to ${method}`);
      return answer;
    },
    get: (session, headers = {}, signal) =>
      fetch(url, {
        headers: { accept: 'text/event-stream', 'mcp-session-id': session, ...headers },
        ...(signal === undefined ? {} : { signal }),
      }),
    remove: (session) => fetch(url, { method: 'DELETE', headers: inSession(session) }),
    stop: (drainMs = 0) => bridge.stop(drainMs),
  };
}

/** One event of a stream. */
export interface Event {
  id: string;
  data: string;
}

/** The events of a response, one by one. */
export async function* eventsOf(response: Response): AsyncGenerator<Event> {
  if (response.body === null) return;
  let kept = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    kept += text;
    const blocks = kept.split('\n\n');
    kept = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (/^(id|data):/m.test(block)) yield { id: field('id'), data: field('data') };
    }
  }
}

/** All messages of a response that ends. */
export async function messagesOf(response: Response): Promise<Answer[]> {
  const messages: Answer[] = [];
  for await (const { data } of eventsOf(response)) if (data !== '') messages.push(JSON.parse(data));
  return messages;
}

/** The next message of a stream. */
export async function nextMessage(events: AsyncGenerator<Event>): Promise<Answer> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream has ended');
    if (value.data !== '') return JSON.parse(value.data);
  }
}

/** The JSON-RPC error in a response. */
export async function errorOf(response: Response): Promise<{ code: number; message: string }> {
  const { error } = (await response.json()) as { error: { code: number; message: string } };
  return error;
}

/** Status and JSON-RPC error of a denial by the bridge. */
export function denialOf(reason: DenialReason, values: Record<string, string | number> = {}): object {
  const { status, error } = deny(reason, { values });
  return { status, error };
}

/** Status and JSON-RPC error of a response. */
export async function denialIn(response: Response): Promise<object> {
  return { status: response.status, error: await errorOf(response) };
}
