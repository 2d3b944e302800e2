import { UserError } from '../../core/errors.ts';
import { askGatewayPod, type GatewayPod, readyGatewayPods } from '../../k8s/admin/gateway-pods.ts';
import type { KubeClient } from '../../k8s/api/client.ts';
import type { QuotaState } from '../../runtime/policy/quota.ts';
import { quotaStateSchema } from '../../runtime/policy/quota-json.ts';
import type { QuotaAnswer } from '../installation.ts';
import { sumQuotas } from './quota-sum.ts';

const NETWORK = 'if there is a NetworkPolicy, it must let the API server in: docs/deploy/network.md';

/** Asks every ready gateway pod for the limits of a tenant and their use, and combines the answers. */
export async function askGateways(client: KubeClient, namespace: string, tenant: string): Promise<QuotaAnswer> {
  let pods: GatewayPod[];
  try {
    pods = await readyGatewayPods(client, namespace);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return unknown(`what is left and its use are unknown: ${error.message} ${error.hint ?? ''}`.trim());
  }
  if (pods.length === 0) {
    return unknown(`what is left and its use are unknown: no gateway pod is ready in the namespace ${namespace}`);
  }
  const answers = await Promise.all(pods.map((pod) => askPod(client, namespace, pod, tenant)));
  const known = answers.filter((one) => 'state' in one);
  const failed = answers.filter((one) => 'reason' in one);
  const notes = new Set(failed.map(({ reason }) => reason));
  const [first, ...others] = known.map(({ state }) => state);
  if (first === undefined) return unknown(...notes);
  const processes = known.reduce((sum, { pod }) => sum + pod.processes, 0);
  return {
    state: sumQuotas([first, ...others], processes),
    inForce: [first, ...others].map(({ quota }) => quota),
    complete: failed.length === 0,
    notes: [
      ...notes,
      ...(failed.length === 0 ? [] : [`the numbers are from ${known.length} of ${pods.length} gateway pods`]),
    ],
  };
}

type QuotaOfPod = { pod: GatewayPod; state: QuotaState } | { reason: string };

async function askPod(client: KubeClient, namespace: string, pod: GatewayPod, tenant: string): Promise<QuotaOfPod> {
  const result = await askGatewayPod(client, namespace, pod, ['quotas', tenant]);
  if ('answer' in result) {
    const parsed = quotaStateSchema.safeParse(result.answer);
    if (parsed.success) return { pod, state: parsed.data };
    return { reason: `the answer from the gateway pod ${pod.name} cannot be read; it runs another version` };
  }
  if (result.forbidden) {
    const permission = `the permission to get pods/proxy in the namespace ${namespace}`;
    return { reason: `what is left and its use are not shown: you need ${permission}` };
  }
  return { reason: `the gateway pod ${pod.name} does not answer on port ${pod.port}: ${result.reason}; ${NETWORK}` };
}

function unknown(...notes: string[]): QuotaAnswer {
  return { state: undefined, inForce: [], complete: false, notes };
}
