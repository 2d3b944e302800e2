import { connect } from 'node:net';
import { messageOf } from '../core/errors.ts';

const TIMEOUT_MS = 1_500;

/** Tries to connect to the host of a URL. Resolves with the reason if that fails. */
export function unreachable(url: string): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)), timeout: TIMEOUT_MS });
    const settle = (problem: string | undefined): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.on('connect', () => settle(undefined));
    socket.on('timeout', () => settle('no connection in time'));
    socket.on('error', (error) => settle(messageOf(error)));
  });
}
