import { request } from 'node:http';
import { connect } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { type Endpoint, splitAddress } from '../../core/registry/endpoint.ts';

/**
 * Says why an endpoint fails its health check, by making the same check once more and looking at the answer: Envoy itself
 * tells only that it failed.
 */
export async function diagnose(backend: Backend, endpoint: Endpoint): Promise<string> {
  const { ip, port } = splitAddress(endpoint.address);
  const { type, path, timeout } = backend.healthCheck;
  const remedy = 'set healthCheck.path or healthCheck.type: tcp';
  try {
    if (type !== 'http' || backend.urls[0]?.tls === true) {
      await dial(ip, port, timeout);
      return type === 'http' ? `GET ${path} did not answer 2xx over TLS; ${remedy}` : 'it accepts connections again';
    }
    const status = await get(ip, port, path, endpoint.hostname, timeout);
    if (status >= 200 && status < 300) return `GET ${path} answers ${status} again`;
    return `GET ${path} answered ${status}; ${remedy}`;
  } catch (error) {
    const check = type === 'http' ? `GET ${path}` : 'connecting';
    return `${check} failed: ${messageOf(error)}`;
  }
}

function dial(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs }, () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('error', reject);
  });
}

function get(host: string, port: number, path: string, hostname: string, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = hostname === '' ? {} : { host: hostname };
    const call = request({ host, port, path, headers, agent: false, timeout: timeoutMs }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end();
  });
}
