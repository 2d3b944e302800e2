import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import type { Api } from './support/api.ts';

const slicesSchema = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(z.object({ addresses: z.array(z.string()), conditions: z.object({ ready: z.boolean().optional() }) }))
        .nullish(),
      ports: z.array(z.object({ port: z.number() })),
    }),
  ),
});

const LOOK_MS = 100;

/** A load balancer for one Service, like those of clouds: it forwards TCP to the ready endpoints, round robin. */
export interface Balancer {
  url: string;
  stop(): Promise<void>;
}

/** Starts a load balancer, which reads the endpoints ten times a second. */
export async function startBalancer(api: Api, namespace: string, service: string): Promise<Balancer> {
  let ready: { host: string; port: number }[] = [];
  let turn = 0;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io/service-name%3D${service}`;
  const look = async () => {
    const { items } = slicesSchema.parse(await api.get(path));
    ready = items.flatMap(({ endpoints, ports }) =>
      (endpoints ?? [])
        .filter(({ conditions }) => conditions.ready === true)
        .flatMap(({ addresses }) => addresses.flatMap((host) => ports.map(({ port }) => ({ host, port })))),
    );
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    turn += 1;
    const target = ready[turn % Math.max(1, ready.length)];
    if (target === undefined) return client.destroy();
    const upstream = connect(target);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      clearInterval(timer);
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
