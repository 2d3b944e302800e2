import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startRedis, type TestRedis } from './redis.ts';

const SLOTS = 16_384;
const ARGS = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no'];

/** A Redis Cluster without replicas. */
export interface TestCluster {
  readonly nodes: TestRedis[];
  /** `redis+cluster://…` with all nodes. */
  readonly url: string;
  /** The node that owns the slot of a key. */
  nodeOf(key: string): Promise<TestRedis>;
  /** Assigns the slot of a key to another node, without its contents. */
  move(key: string, to: TestRedis): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cluster of `count` nodes, which share the slots. */
export async function startRedisCluster(count: number): Promise<TestCluster> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startRedis({ args: ARGS })));
  const owners: TestRedis[] = [];
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((index * SLOTS) / count);
    const to = Math.floor(((index + 1) * SLOTS) / count);
    owners.push(...Array.from({ length: to - from }, () => node));
    await node.client.cluster('ADDSLOTS', ...Array.from({ length: to - from }, (_, slot) => from + slot));
    for (const other of nodes.slice(0, index)) await node.client.cluster('MEET', '127.0.0.1', other.port);
  }
  const isComplete = async ({ client }: TestRedis) => {
    const info = String(await client.cluster('INFO'));
    return info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${SLOTS}`);
  };
  for (const node of nodes) await eventually(() => isComplete(node), Boolean, 60_000);
  const slotOf = async (key: string) => Number(await nodes[0]?.client.cluster('KEYSLOT', key));
  const ownerOf = (slot: number) => {
    const owner = owners[slot];
    if (owner === undefined) throw new Error(`no node has slot ${slot}`);
    return owner;
  };
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodeOf: async (key) => ownerOf(await slotOf(key)),
    move: async (key, to) => {
      const slot = await slotOf(key);
      const id = String(await to.client.cluster('MYID'));
      for (const { client } of [to, ownerOf(slot)]) await client.cluster('SETSLOT', slot, 'NODE', id);
      owners[slot] = to;
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}
