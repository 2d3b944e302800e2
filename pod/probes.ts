import { messageOf } from '../core/errors.ts';
import { MAX_NAMES } from '../core/quota/usage.ts';
import { askAdmin, askService, speaksGrpc } from '../runtime/http/unix-client.ts';
import type { QuotaState } from '../runtime/policy/quota.ts';
import { joinMetrics } from './metrics.ts';

/** Absolute paths of the sockets of one gateway. Maps are by name of the process. */
export interface PodSockets {
  /** Envoy's admin interface. */
  admin: string;
  watcher: string;
  /** The plain HTTP server of each ext-authz process. */
  metadata: ReadonlyMap<string, string>;
  extProc: ReadonlyMap<string, string>;
  /** The metrics server of each ext-proc process. */
  metrics: ReadonlyMap<string, string>;
}

/** Why a pod is not ready; empty if it is. */
export async function reasonsNotReady({ admin, metadata, extProc }: PodSockets): Promise<string[]> {
  const [envoy, extAuthz, answers] = await Promise.all([
    envoyReason(admin),
    Promise.all(
      [...metadata.values()].map((socket) =>
        askService(socket, '/readyz').then(
          ({ status }) => status === 200,
          () => false,
        ),
      ),
    ),
    Promise.all([...extProc.values()].map(speaksGrpc)),
  ]);
  return [
    ...(envoy === undefined ? [] : [envoy]),
    ...(extAuthz.includes(true) ? [] : ['no ext-authz process is ready']),
    ...(answers.includes(true) ? [] : ['no ext-proc process answers']),
  ];
}

async function envoyReason(admin: string): Promise<string | undefined> {
  try {
    const state = (await askAdmin(admin, 'GET', '/ready')).trim();
    if (state !== 'LIVE') return `Envoy is ${state.toLowerCase()}`;
    // Envoy stops waiting for its first clusters after a while, and then opens its listeners without any.
    const stats = await askAdmin(admin, 'GET', '/stats?filter=^cluster_manager\\.cds\\.update_success$');
    return /: [1-9]\d*\s*$/.test(stats) ? undefined : 'Envoy has no clusters yet';
  } catch (error) {
    return `Envoy does not answer: ${messageOf(error)}`;
  }
}

/** Whether a process of the pod answers, ready or not; undefined if no process has this name. */
export async function isAlive(
  name: string,
  { admin, watcher, metadata, extProc }: PodSockets,
): Promise<boolean | undefined> {
  const answered = (asked: Promise<unknown>) =>
    asked.then(
      () => true,
      () => false,
    );
  const service = metadata.get(name);
  if (service !== undefined) return answered(askService(service, '/readyz'));
  const grpc = name === 'watcher' ? watcher : extProc.get(name);
  if (grpc !== undefined) return speaksGrpc(grpc);
  return name === 'envoy' ? answered(askAdmin(admin, 'GET', '/ready')) : undefined;
}

/** The metrics of all ext-authz and ext-proc processes that answer. */
export async function podMetrics({ metadata, metrics }: PodSockets): Promise<string> {
  const texts = await Promise.all(
    [...metadata, ...metrics].map(async ([name, socket]): Promise<[string, string][]> => {
      const answer = await askService(socket, '/metrics').catch(() => undefined);
      return answer?.status === 200 ? [[name, answer.body]] : [];
    }),
  );
  return joinMetrics(new Map(texts.flat()));
}

/** The quota of a tenant that is in force in this pod, and its usage here. Rejects if the watcher does not answer. */
export async function podQuota(tenant: string, { watcher }: PodSockets): Promise<QuotaState> {
  // Imported on demand: loading gRPC costs memory, and most pods never get this request.
  const { askQuota } = await import('../runtime/policy/quota.ts');
  return askQuota(watcher, tenant, MAX_NAMES);
}
