import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

const TIMEOUT_MS = 2_000;

/** An answer over HTTP. */
export interface SocketAnswer {
  status: number;
  body: string;
}

/** A GET of a service's plain HTTP side, on its Unix socket. Rejects when nobody answers in 2 s. */
export function askService(socketPath: string, path: string): Promise<SocketAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: TIMEOUT_MS, agent: false }, (response) => {
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

/**
 * Whether a gRPC server works behind a Unix socket. The kernel accepts connections for a process that hangs; only one that
 * works sends the SETTINGS that HTTP/2 begins with (RFC 9113, section 3.4).
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
