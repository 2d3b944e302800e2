import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const KEPT_LINES = 1_000;

/** What a container wrote in its current or last run, and in the run before it. */
export class ContainerLog {
  #current: string[] = [];
  #previous: string[] = [];
  readonly #readers = new Set<(line: string) => void>();

  /** The lines of both runs. */
  get lines(): readonly string[] {
    return [...this.#previous, ...this.#current];
  }

  /** Starts a new run: further lines belong to it. */
  beginRun(): void {
    this.#previous = this.#current;
    this.#current = [];
  }

  add(line: string): void {
    this.#current.push(line);
    if (this.#current.length > KEPT_LINES) this.#current.shift();
    for (const onLine of this.#readers) onLine(line);
  }

  read({ previous, tail }: { previous: boolean; tail: number | undefined }): string[] {
    const lines = previous ? this.#previous : this.#current;
    return tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail));
  }

  /** Returns a function that ends the subscription. */
  follow(onLine: (line: string) => void): () => void {
    this.#readers.add(onLine);
    return () => this.#readers.delete(onLine);
  }
}

/** The listener from which the API server reads logs. */
export interface LogServer {
  port: number;
  stop(): void;
}

/** Serves `/containerLogs/NAMESPACE/POD/CONTAINER` with `tailLines`, `previous` and `follow`, like the HTTPS port of a kubelet. */
export async function startLogServer(
  tls: { key: string; cert: string },
  find: (namespace: string, pod: string, container: string) => ContainerLog | undefined,
): Promise<LogServer> {
  const server = createServer(tls, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://node');
    const [, what, namespace = '', pod = '', container = ''] = pathname.split('/');
    const log = what === 'containerLogs' ? find(namespace, pod, container) : undefined;
    if (log === undefined) return void response.writeHead(404).end('no such container');
    const tail = searchParams.get('tailLines');
    const previous = searchParams.get('previous') === 'true';
    const write = (line: string) => void response.write(`${line}\n`);
    response.writeHead(200, { 'content-type': 'text/plain' });
    log.read({ previous, tail: tail === null ? undefined : Number(tail) }).forEach(write);
    if (searchParams.get('follow') !== 'true') return void response.end();
    response.flushHeaders();
    response.on('close', log.follow(write));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
