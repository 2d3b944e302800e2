import { request } from 'node:http';
import { connect } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { type Endpoint, socketOf, splitAddress } from '../../core/registry/endpoint.ts';

/**
 * Finds out why an endpoint fails its health check by repeating the check: Envoy reports only that it failed. Returns a
 * short clause to show to users.
 */
export async function diagnose(backend: Backend, endpoint: Endpoint): Promise<string> {
  const target = targetOf(endpoint.address);
  const { type, path, timeout } = backend.healthCheck;
  const remedy = 'set healthCheck.path or healthCheck.type: tcp';
  try {
    if (type !== 'http' || backend.urls[0]?.tls === true) {
      await dial(target, timeout);
      return type === 'http' ? `GET ${path} did not answer 2xx over TLS; ${remedy}` : 'it accepts connections again';
    }
    const status = await get(target, path, endpoint.hostname, timeout);
    if (status >= 200 && status < 300) return `GET ${path} answers ${status} again`;
    return `GET ${path} answered ${status}; ${remedy}`;
  } catch (error) {
    const check = type === 'http' ? `GET ${path}` : 'connecting';
    return `${check} failed: ${messageOf(error)}`;
  }
}

type Target = { host: string; port: number } | { path: string };

function targetOf(address: string): Target {
  const path = socketOf(address);
  if (path !== undefined) return { path };
  const { ip: host, port } = splitAddress(address);
  return { host, port };
}

function dial(target: Target, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, timeout: timeoutMs }, () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('error', reject);
  });
}

function get(target: Target, path: string, hostname: string, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = hostname === '' ? {} : { host: hostname };
    const where = 'path' in target ? { socketPath: target.path } : target;
    const call = request({ ...where, path, headers, agent: false, timeout: timeoutMs }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end();
  });
}
