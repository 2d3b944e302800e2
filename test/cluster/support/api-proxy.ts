import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EXPIRED_EVENT, type Fault, Faults, type FaultTarget, type Injected, isWatch, statusOf } from './api-faults.ts';
import type { ControlPlane } from './control-plane.ts';
import { answerFromPod, podTarget, refusesAddress } from './pod-proxy.ts';

/** A recorded request. */
export interface ProxiedRequest {
  method: string;
  /** Path with query, as sent. */
  path: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Status of the answer; undefined until there is one. */
  status?: number;
}

/**
 * A proxy between clients and the API server that injects faults into requests and watches. It uses the certificate of the API server,
 * so a client only needs another address: `cluster.kubeconfigFor(namespace, name, {server: proxy.server})`.
 */
export interface ApiProxy {
  /** `https://127.0.0.1:PORT`. */
  server: string;
  /** All requests so far. */
  requests: readonly ProxiedRequest[];
  inject(target: FaultTarget, fault: Fault): Injected;
  /** Removes all faults. */
  clear(): void;
  /** Number of open watches of these paths. */
  watches(path?: RegExp): number;
  /** Breaks the connections of open watches. Returns their number. */
  cutWatches(path?: RegExp): number;
  /** Ends open watches with 410 Expired. Returns their number. */
  expireWatches(path?: RegExp): number;
  /** Holds back the events of open watches, which stay open. New watches are not affected. Returns their number, and a function that releases them. */
  holdWatches(path?: RegExp): { held: number; release(): void };
  stop(): Promise<void>;
}

interface OpenWatch {
  url: string;
  upstream: IncomingMessage;
  response: ServerResponse;
}

/**
 * Starts a proxy in front of the API server of a control plane. Requests to a pod (`pods/proxy`) are forwarded to the pod here after the
 * API server has authorized them, because the API server never connects to loopback addresses.
 */
export async function startApiProxy(
  plane: Pick<ControlPlane, 'server' | 'ca' | 'folder' | 'token'>,
): Promise<ApiProxy> {
  const faults = new Faults();
  const requests: ProxiedRequest[] = [];
  const watches = new Set<OpenWatch>();
  const agent = new Agent({ keepAlive: true, ca: plane.ca });
  const target = new URL(plane.server);

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    const record: ProxiedRequest = { method, path: url, at: Date.now() };
    requests.push(record);
    response.once('close', () => {
      if (response.headersSent) record.status = response.statusCode;
    });
    const taken = faults.take(method, url);
    if (taken?.fault.kind === 'stall') await taken.removed;
    else if (taken !== undefined && taken.fault.kind !== 'lost-answer') return answerWith(taken.fault, response);
    if (!response.destroyed) forward(incoming, response, taken?.fault.kind === 'lost-answer');
  }

  function forward(incoming: IncomingMessage, response: ServerResponse, loseAnswer: boolean): void {
    const { method, url = '', headers } = incoming;
    const call = requestTls({ host: target.hostname, port: target.port, method, path: url, headers, agent });
    const giveUp = () => response.destroy();
    call.on('error', giveUp);
    response.on('close', () => call.destroy());
    call.on('response', (upstream) => {
      upstream.on('error', giveUp);
      if (loseAnswer) return void upstream.resume().on('end', giveUp);
      const pod = podTarget(url);
      if (pod !== undefined && upstream.statusCode === 400) {
        const answer = async () => {
          const body = Buffer.concat(await upstream.toArray());
          if (refusesAddress(body)) return answerFromPod(plane, pod, response);
          response.writeHead(400, upstream.rawHeaders).end(body);
        };
        return void answer().catch(giveUp);
      }
      response.writeHead(upstream.statusCode ?? 502, upstream.rawHeaders);
      // A watch counts as open even before its first event.
      response.flushHeaders();
      upstream.pipe(response);
      if (!isWatch(url)) return;
      const watch = { url, upstream, response };
      watches.add(watch);
      response.on('close', () => watches.delete(watch));
    });
    incoming.pipe(call);
  }

  const those = (path?: RegExp) => [...watches].filter(({ url }) => path?.test(url) ?? true);
  const certificate = (file: string) => readFileSync(join(plane.folder, file));
  const tls = { key: certificate('apiserver.key'), cert: certificate('apiserver.crt') };
  const server = createServer(tls, (incoming, response) => void serve(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    inject: (which, fault) => faults.inject(which, fault),
    clear: () => faults.removeAll(),
    watches: (path) => those(path).length,
    cutWatches: (path) => each(those(path), ({ response }) => response.destroy()),
    expireWatches: (path) => each(those(path), expire),
    holdWatches(path) {
      const some = those(path);
      each(some, ({ upstream, response }) => void upstream.unpipe(response));
      const release = () => void each(some, ({ upstream, response }) => void upstream.pipe(response));
      return { held: some.length, release };
    },
    async stop() {
      faults.removeAll();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

function expire({ upstream, response }: OpenWatch): void {
  upstream.unpipe(response);
  response.end(EXPIRED_EVENT);
}

function each<T>(items: readonly T[], work: (item: T) => unknown): number {
  for (const item of items) work(item);
  return items.length;
}

function answerWith(fault: Exclude<Fault, { kind: 'stall' | 'lost-answer' }>, response: ServerResponse): void {
  const json = { 'content-type': 'application/json' };
  switch (fault.kind) {
    case 'reset':
      response.destroy();
      return;
    case 'expired':
      response.writeHead(200, json).end(EXPIRED_EVENT);
      return;
    case 'status': {
      const { status, reason, retryAfterSeconds } = fault;
      const pause = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      response.writeHead(status, { ...json, ...pause }).end(JSON.stringify(statusOf(status, reason)));
    }
  }
}
