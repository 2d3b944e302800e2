import { messageOf } from '../../core/errors.ts';
import { SESSION_KEYS_KEY } from '../../core/registry/installation.ts';
import { isApiError } from '../api/errors.ts';
import { CONFIG_MAPS, MCP_BACKENDS } from '../api/resources.ts';
import { Applier } from './apply.ts';
import { EventRecorder } from './events.ts';
import type { OperatorMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { WorkQueue } from './queue.ts';
import { ADMIN_TOOLS_KEY, ensureRandomSecret } from './random-secret.ts';
import { Reconciler } from './reconcile.ts';
import { TenantsWatch } from './tenants.ts';
import { ClusterView } from './view.ts';
import { NotLeadingError, Writer, type WriteTerm } from './writer.ts';

/** Backends that are reconciled at the same time: enough to hide the latency of the API server, few enough not to flood it. */
const WORKERS = 8;
const RESYNC_MS = 300_000;

/** The work of an operator during one leadership term. */
export interface RunningTerm {
  /** Why the state of the cluster is not known; undefined if it is. */
  notReady(): string | undefined;
  counts(): { queue: number; failing: number; backends: number };
  /** Stops watching, and waits for writes in progress. */
  stop(): Promise<void>;
}

/** Starts watching the cluster and reconciling its backends. */
export function startLeadershipTerm(
  options: OperatorOptions & { term: WriteTerm; metrics: OperatorMetrics },
): RunningTerm {
  const { client, namespace, gatewayNamespace, bridgeImage, publicUrl, identity, log, term, metrics } = options;
  const { sessionKeysSecret, adminToolsSecret } = options;
  const { resyncMs = RESYNC_MS } = options;
  const writer = new Writer(client, term);
  const recorder = (kind: { apiVersion: string; kind: string }) => new EventRecorder({ writer, identity, kind, log });

  const onFailure = (key: string, error: unknown, failures: number): number | undefined => {
    if (error instanceof NotLeadingError || term.signal.aborted) return undefined;
    const kind = isApiError(error) ? error.kind : 'failure';
    // A conflict is normal: another client wrote first, or the view lags behind.
    const level = kind === 'conflict' && failures < 3 ? 'debug' : 'warn';
    log[level]({ object: key, kind, failures, reason: messageOf(error) }, 'reconciliation failed; retrying');
    return isApiError(error) ? error.retryAfterMs : undefined;
  };

  const queue = new WorkQueue({
    workers: WORKERS,
    onFailure,
    handle: async (name) => {
      const beganMs = performance.now();
      const done = (result: string) => metrics.reconciled(result, (performance.now() - beganMs) / 1000);
      try {
        const next = await reconciler.reconcile(name);
        done('ok');
        return next;
      } catch (error) {
        done(isApiError(error) ? error.kind : 'failure');
        throw error;
      }
    },
  });
  const secrets = new WorkQueue({
    workers: 1,
    onFailure,
    handle: async (secret) => {
      const key = secret === adminToolsSecret ? ADMIN_TOOLS_KEY : SESSION_KEYS_KEY;
      const created = await ensureRandomSecret(client, writer, { namespace: gatewayNamespace, name: secret, key });
      if (created) log.info({ namespace: gatewayNamespace, secret, key }, 'Secret created');
      return resyncMs;
    },
  });

  const ready = () => view.synced && tenants.synced;
  let waiting = true;
  const begin = (names: Iterable<string>) => {
    if (!ready()) return;
    // The first time, reconcile all backends, whichever informer was the last to sync.
    for (const name of waiting ? view.backends.items.keys() : names) queue.add(name);
    waiting = false;
  };
  const tenants = new TenantsWatch({
    ...{ client, log },
    namespace: gatewayNamespace,
    configMap: options.tenantsConfigMap,
    events: recorder(CONFIG_MAPS),
    onChange: () => begin(view.backends.items.keys()),
  });
  const view = new ClusterView({ client, namespace, log, onChange: begin });
  const applier = new Applier({ client, view, writer, bridgeImage });
  const reconciler = new Reconciler({
    ...{ view, applier, writer, publicUrl, resyncMs },
    events: recorder(MCP_BACKENDS),
    tenants: () => tenants.state,
    now: () => new Date(),
  });
  if (sessionKeysSecret !== undefined) secrets.add(sessionKeysSecret);
  if (adminToolsSecret !== undefined) secrets.add(adminToolsSecret);

  return {
    notReady: () => {
      if (ready()) return undefined;
      const problems = [...view.problems, tenants.problem ?? []].flat();
      return problems.length > 0 ? problems.join('\n') : 'the state of the cluster is not read yet';
    },
    counts: () => ({ queue: queue.length, failing: queue.failing, backends: view.backends.items.size }),
    stop: async () => {
      view.close();
      tenants.close();
      await Promise.all([queue.close(), secrets.close()]);
      await writer.settled();
    },
  };
}
