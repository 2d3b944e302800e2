import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { KubeClient } from '../../k8s/api/client.ts';
import { loadCluster } from '../../k8s/api/credentials.ts';
import { type RunningOperator, startOperator } from '../../k8s/operator/operator.ts';
import type { OperatorOptions } from '../../k8s/operator/options.ts';
import { createLogger } from '../../runtime/log.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../support/gateway.ts';
import type { Cluster } from './support/cluster.ts';

/** Short election times, so that tests do not wait long. */
export const QUICK_ELECTION = { durationMs: 3_000, deadlineMs: 2_000, retryMs: 200 };

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.number(),
});

const backendSchema = z.object({
  metadata: z.object({ uid: z.string(), generation: z.number(), resourceVersion: z.string() }),
  spec: z.looseObject({}),
  status: z
    .object({
      observedGeneration: z.number().optional(),
      replicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      selector: z.string().optional(),
      url: z.string().optional(),
      conditions: z.array(conditionSchema).default([]),
    })
    .prefault({}),
});

/** What tests read of an MCPBackend. */
export type SeenBackend = z.output<typeof backendSchema>;

/** An operator with two namespaces for itself. */
export interface OperatorSetup {
  /** Namespace of the MCPBackends. */
  namespace: string;
  gatewayNamespace: string;
  cluster: Cluster;
  /** Starts another operator in this process. */
  start(options?: Partial<OperatorOptions> & { kubeconfig?: string }): Promise<RunningOperator>;
  /** Applies an MCPBackend with this spec. */
  backend(name: string, spec: object): Promise<void>;
  read(name: string): Promise<SeenBackend>;
  /** Status and reason of each condition, such as `True ReplicasReady`. */
  conditions(name: string): Promise<Record<string, string>>;
  /** Waits for conditions such as `{Ready: 'True ReplicasReady'}`, and returns the object. */
  until(name: string, wanted: Record<string, string>): Promise<SeenBackend>;
  message(name: string, type: string): Promise<string>;
  /** Path of an object in the namespace of the MCPBackends, or of all objects of a kind. */
  path(kind: 'statefulsets' | 'services' | 'poddisruptionbudgets' | 'pods' | 'mcpbackends', name?: string): string;
  /** Stops all operators. */
  stop(): Promise<void>;
}

const GROUPS = {
  statefulsets: '/apis/apps/v1',
  services: '/api/v1',
  poddisruptionbudgets: '/apis/policy/v1',
  pods: '/api/v1',
  mcpbackends: '/apis/mcpgateway.dev/v1alpha1',
};

/** Creates two namespaces, and helpers for tests of an operator in them. */
export async function setUpOperator(cluster: Cluster): Promise<OperatorSetup> {
  const [namespace, gatewayNamespace] = await Promise.all([cluster.newNamespace(), cluster.newNamespace()]);
  const running: { operator: RunningOperator; client: KubeClient }[] = [];
  const path: OperatorSetup['path'] = (kind, name) =>
    `${GROUPS[kind]}/namespaces/${namespace}/${kind}${name === undefined ? '' : `/${name}`}`;
  const read = async (name: string) => backendSchema.parse(await cluster.api.get(path('mcpbackends', name)));
  const conditions = async (name: string) => {
    const { status } = await read(name);
    return Object.fromEntries(status.conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
  };
  return {
    ...{ namespace, gatewayNamespace, cluster, path, read, conditions },
    async start({ kubeconfig = cluster.kubeconfig, ...options } = {}) {
      const client = new KubeClient(loadCluster({ kubeconfig, env: {} }));
      const operator = await startOperator({
        ...{ client, namespace, gatewayNamespace },
        bridgeImage: 'bridge:1',
        publicUrl: 'https://gateway.example/',
        sessionKeysSecret: 'mcp-gateway-session-keys',
        adminToolsSecret: undefined,
        tenantsConfigMap: 'mcp-gateway-tenants',
        healthPort: 0,
        leaderElect: false,
        identity: `operator-${running.length}`,
        log: createLogger({ name: 'operator', level: process.env.OPERATOR_LOG ?? 'silent' }),
        election: QUICK_ELECTION,
        ...options,
      });
      const stop = async () => {
        await operator.stop();
        client.close();
      };
      const stopped = { ...operator, stop };
      running.push({ operator: stopped, client });
      return stopped;
    },
    async backend(name, spec) {
      const object = { apiVersion: 'mcpgateway.dev/v1alpha1', kind: 'MCPBackend', metadata: { name }, spec };
      const query = 'fieldManager=test&force=true&fieldValidation=Strict';
      await cluster.api.patch(`${path('mcpbackends', name)}?${query}`, object, 'apply');
    },
    async until(name, wanted) {
      const fits = (seen: Record<string, string>) =>
        Object.entries(wanted).every(([type, condition]) => seen[type] === condition);
      await eventually(() => conditions(name), fits);
      return read(name);
    },
    async message(name, type) {
      const { status } = await read(name);
      return status.conditions.find((condition) => condition.type === type)?.message ?? '';
    },
    async stop() {
      for (const { operator } of running) await operator.stop().catch(() => undefined);
    },
  };
}

/** The rules in docs/kubernetes/operator.md: those of the backends' namespace, then those of the gateway's. */
export function documentedRules(): [unknown[], unknown[]] {
  const text = readFileSync(join(PROJECT, 'docs', 'kubernetes', 'operator.md'), 'utf8');
  const section = text.slice(text.indexOf('## Permissions'));
  const blocks = section.split(/\n\n/).filter((block) => block.startsWith('    - '));
  const rules = blocks.map((block) => z.array(z.unknown()).parse(parse(block)));
  const [backends = [], gateway = []] = rules;
  return [backends, gateway];
}
