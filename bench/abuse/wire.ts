import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './flood.ts';

/** A request of a flood. */
export interface Shot {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Sends a request and resolves with its status and session once the whole answer was read; the status is 0 if the connection failed. */
export function shoot(url: string, shot: Shot, signal: AbortSignal): Promise<{ status: number; session: string }> {
  return new Promise((resolve) => {
    const call = request(
      url,
      { method: shot.method ?? 'POST', agent, signal, headers: { ...JSON_HEADERS, ...shot.headers } },
      (response) => {
        const end = () =>
          resolve({ status: response.statusCode ?? 0, session: String(response.headers['mcp-session-id'] ?? '') });
        response.resume().on('end', end).on('error', end);
      },
    );
    call.on('error', () => resolve({ status: 0, session: '' }));
    call.end(shot.body);
  });
}

/** Repeats some work until the signal is aborted, `atOnce` times at once. */
export async function repeat(atOnce: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const worker = async () => {
    while (!signal.aborted) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Repeats a request, and counts the statuses. */
export async function fire(target: Target, url: string, next: () => Shot, atOnce: number, signal: AbortSignal) {
  await repeat(atOnce, signal, async () => {
    const { status } = await shoot(url, next(), signal);
    target.count(status);
    // Failed connections cost the gateway nothing more: do not spin.
    if (status === 0) await sleep(10);
  });
}

/** Bytes on a connection of its own. */
export interface Held {
  /** Sent at once. */
  bytes: string | Buffer;
  /** Sent each second after that. Default: nothing. */
  drip?: string;
}

/** Keeps this many connections open that have sent these bytes, and replaces each that the gateway closes. */
export async function hold(target: Target, connections: number, held: Held, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(target.url);
  await repeat(connections, signal, async () => {
    const socket = connect(Number(port), hostname);
    target.count('opened');
    socket.write(held.bytes);
    const timer = held.drip === undefined ? undefined : setInterval(() => socket.write(held.drip ?? ''), 1_000);
    await closed(socket, signal);
    clearInterval(timer);
    if (!signal.aborted) target.count('closed by the gateway');
    await sleep(100);
  });
}

function closed(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => socket.destroy();
    signal.addEventListener('abort', end);
    socket.resume().on('error', () => undefined);
    socket.on('end', end).on('close', () => {
      signal.removeEventListener('abort', end);
      resolve();
    });
    if (signal.aborted) end();
  });
}

/** A JSON-RPC request as text. */
export function message(method: string, params: object = {}): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
}

export const INITIALIZE = message('initialize', {
  ...{ protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'flood', version: '1' } },
});

/** The header of a caller. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The head of a POST over HTTP/1.1, with the form of a token unless it has one. */
export function head(length: number, token = 'e30.e30.AAAA'): string {
  return `POST /other/mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}
