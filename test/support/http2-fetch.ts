import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { Readable } from 'node:stream';

/** Statuses whose responses have no body. */
const WITHOUT_BODY = [204, 205, 304];

/** A `fetch` over one HTTP/2 connection; Node's own uses HTTP/1.1. */
export class Http2Fetch {
  /** The connection. */
  readonly session: ClientHttp2Session;

  constructor(origin: string) {
    this.session = connect(origin);
    // The pending request rejects with the same error.
    this.session.on('error', () => undefined);
  }

  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const headers = Object.fromEntries(new Headers(init.headers));
    const stream = this.session.request({ ':method': init.method ?? 'GET', ':path': pathname + search, ...headers });
    const abort = () => stream.close(constants.NGHTTP2_CANCEL);
    init.signal?.addEventListener('abort', abort, { once: true });
    stream.end(typeof init.body === 'string' ? init.body : undefined);
    const [fields] = (await once(stream, 'response')) as [IncomingHttpHeaders & IncomingHttpStatusHeader];
    const status = fields[':status'] ?? 0;
    const received = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      name.startsWith(':') || value === undefined ? [] : [[name, String(value)]],
    );
    const body = WITHOUT_BODY.includes(status) ? null : (Readable.toWeb(stream) as ReadableStream);
    return new Response(body, { status, headers: received });
  };

  /** Ends the connection. */
  close(): void {
    this.session.destroy();
  }
}
