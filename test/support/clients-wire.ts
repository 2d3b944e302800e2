import { Inbox } from './clients-inbox.ts';

/** One HTTP exchange of a client, recorded when the response headers arrive. */
export interface Exchange {
  method: string;
  url: string;
  requestHeaders: Headers;
  requestBody: string;
  status: number;
  responseHeaders: Headers;
  /** Text of an unsuccessful response; empty for others, since a stream may not end. */
  problem: string;
  /** Closes the connection of the response. */
  cut(): void;
}

/** A `fetch` for a client that records every exchange. */
export class Wire {
  readonly exchanges = new Inbox<Exchange>();
  /** Awaited before a request is sent, so that a test can delay one. */
  beforeSend: (method: string, headers: Headers) => Promise<void> = async () => undefined;

  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const method = init.method ?? 'GET';
    const requestHeaders = new Headers(init.headers);
    await this.beforeSend(method, requestHeaders);
    const line = new AbortController();
    const signal = init.signal ? AbortSignal.any([init.signal, line.signal]) : line.signal;
    const response = await fetch(url, { ...init, signal });
    this.exchanges.push({
      method,
      url: String(url),
      requestHeaders,
      requestBody: init.body === undefined || init.body === null ? '' : String(init.body),
      status: response.status,
      responseHeaders: response.headers,
      problem: response.ok ? '' : await response.clone().text(),
      cut: () => line.abort(new Error('the test closed the connection')),
    });
    return response;
  };

  /** JSON-RPC methods that were sent, in order, one for each POST. */
  get sentMethods(): string[] {
    return this.exchanges.all.flatMap(({ requestBody }) => /"method":"([^"]+)"/.exec(requestBody)?.[1] ?? []);
  }
}

/** Whether the request of an exchange contains a JSON-RPC message with this method. */
export function carries(method: string): (exchange: Exchange) => boolean {
  return ({ requestBody }) => requestBody.includes(`"method":"${method}"`);
}
