import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

const TIMEOUT_MS = 2_000;

/** An HTTP response that was read to its end. */
export interface SocketAnswer {
  status: number;
  body: string;
}

/**
 * Sends a request to the plain HTTP side of a service on its Unix socket, over a connection of its own.
 * Rejects if there is no answer within 2 s.
 */
export function askService(socketPath: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<SocketAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, timeout: TIMEOUT_MS, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.end();
  });
}

/** Sends a request to Envoy's admin interface on its Unix socket and returns the body. Rejects like {@link askService}. */
export async function askAdmin(socketPath: string, method: 'GET' | 'POST', path: string): Promise<string> {
  return (await askService(socketPath, path, method)).body;
}

/**
 * Whether a gRPC server answers on a Unix socket. The kernel accepts connections even for a process that hangs; only a working
 * one sends the SETTINGS frame that HTTP/2 begins with (RFC 9113, section 3.4).
 */
export function speaksGrpc(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socketPath) });
    const answer = (works: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(works);
    };
    const timer = setTimeout(() => answer(false), TIMEOUT_MS);
    session.once('remoteSettings', () => answer(true));
    session.on('error', () => answer(false));
  });
}
