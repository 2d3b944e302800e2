import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const KEPT_LINES = 1_000;

/** What a container wrote: in the run under way, or its last one, and in the run before it. */
export class ContainerLog {
  #current: string[] = [];
  #previous: string[] = [];
  readonly #readers = new Set<(line: string) => void>();

  /** The lines of both runs. */
  get lines(): readonly string[] {
    return [...this.#previous, ...this.#current];
  }

  /** Lines that come now belong to another run. */
  beginRun(): void {
    this.#previous = this.#current;
    this.#current = [];
  }

  add(line: string): void {
    this.#current.push(line);
    if (this.#current.length > KEPT_LINES) this.#current.shift();
    for (const tell of this.#readers) tell(line);
  }

  read({ previous, tail }: { previous: boolean; tail: number | undefined }): string[] {
    const lines = previous ? this.#previous : this.#current;
    return tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail));
  }

  /** Gives what ends it. */
  follow(tell: (line: string) => void): () => void {
    this.#readers.add(tell);
    return () => this.#readers.delete(tell);
  }
}

/** Where the API server asks for logs. */
export interface LogServer {
  port: number;
  stop(): void;
}

/** Answers as the HTTPS port of a kubelet does: `/containerLogs/NAMESPACE/POD/CONTAINER`, with `tailLines`, `previous` and `follow`. */
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
