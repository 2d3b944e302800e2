import { UserError } from '../../core/errors.ts';
import { askGatewayPod, type GatewayPod, readyGatewayPods } from '../../k8s/admin/gateway-pods.ts';
import type { KubeClient } from '../../k8s/api/client.ts';
import type { QuotaState } from '../../runtime/policy/quota.ts';
import { quotaStateSchema } from '../../runtime/policy/quota-json.ts';
import type { QuotaAnswer } from '../installation.ts';
import { sumQuotas } from './quota-sum.ts';

const NETWORK = 'a NetworkPolicy must let the API server reach it: docs/deploy/network.md';

/** Asks every gateway pod that is ready for the limits of a tenant and their use, and sums up what they say. */
export async function askGateways(client: KubeClient, namespace: string, tenant: string): Promise<QuotaAnswer> {
  let pods: GatewayPod[];
  try {
    pods = await readyGatewayPods(client, namespace);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return unknown(
      `the gateways cannot be asked what is left and who used it: ${error.message} ${error.hint ?? ''}`.trim(),
    );
  }
  if (pods.length === 0) {
    return unknown(
      `no gateway pod is ready in the namespace ${namespace}, so nobody knows what is left and who used it`,
    );
  }
  const told = await Promise.all(pods.map((pod) => askPod(client, namespace, pod, tenant)));
  const known = told.filter((one) => 'state' in one);
  const failed = told.filter((one) => 'reason' in one);
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
      ...(failed.length === 0 ? [] : [`what is shown is that of ${known.length} of ${pods.length} gateway pods`]),
    ],
  };
}

type PodTold = { pod: GatewayPod; state: QuotaState } | { reason: string };

async function askPod(client: KubeClient, namespace: string, pod: GatewayPod, tenant: string): Promise<PodTold> {
  const given = await askGatewayPod(client, namespace, pod, ['quotas', tenant]);
  if ('answer' in given) {
    const parsed = quotaStateSchema.safeParse(given.answer);
    if (parsed.success) return { pod, state: parsed.data };
    return { reason: `the gateway pod ${pod.name} answers in words of another version` };
  }
  if (given.forbidden) {
    const permission = `the permission to get pods/proxy in the namespace ${namespace}`;
    return { reason: `what is left and who used it is not shown: whoever asks needs ${permission}` };
  }
  return { reason: `the gateway pod ${pod.name} cannot be asked: ${given.reason} (port ${pod.port}; ${NETWORK})` };
}

function unknown(...notes: string[]): QuotaAnswer {
  return { state: undefined, inForce: [], complete: false, notes };
}
