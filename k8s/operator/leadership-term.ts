import { messageOf } from '../../core/errors.ts';
import { SESSION_KEYS_KEY } from '../../core/registry/installation.ts';
import { isApiError } from '../api/errors.ts';
import { CONFIG_MAPS, MCP_BACKENDS } from '../api/resources.ts';
import { Applier } from './apply.ts';
import { EventRecorder } from './events.ts';
import type { OperatorMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { WorkQueue } from './queue.ts';
import { Reconciler } from './reconcile.ts';
import { ensureRandomSecret, OWN_TOOLS_KEY } from './session-keys.ts';
import { TenantsWatch } from './tenants.ts';
import { ClusterView } from './view.ts';
import { NotLeadingError, Writer, type WriteTerm } from './writer.ts';

/** How many backends are worked on at once: enough to wait for the API server, few enough not to flood it. */
const WORKERS = 8;
const RESYNC_MS = 300_000;

/** The work of an operator from when it leads until it no longer does. */
export interface LeadershipTerm {
  /** Why not everything is known yet, or any more; undefined: all is well. */
  notReady(): string | undefined;
  counts(): { queue: number; failing: number; backends: number };
  /** Stops looking and waits until nothing is written any more. */
  stop(): Promise<void>;
}

/** Begins to look and to write. */
export function startLeadershipTerm(
  options: OperatorOptions & { term: WriteTerm; metrics: OperatorMetrics },
): LeadershipTerm {
  const { client, namespace, gatewayNamespace, bridgeImage, publicUrl, identity, log, term, metrics } = options;
  const { sessionKeysSecret, ownToolsSecret } = options;
  const { resyncMs = RESYNC_MS } = options;
  const writer = new Writer(client, term);
  const recorder = (kind: { apiVersion: string; kind: string }) => new EventRecorder({ writer, identity, kind, log });

  const onFailure = (key: string, error: unknown, failures: number): number | undefined => {
    if (error instanceof NotLeadingError || term.signal.aborted) return undefined;
    const kind = isApiError(error) ? error.kind : 'failure';
    // Somebody else wrote first, or the view is a moment behind: that is how it should be.
    const level = kind === 'conflict' && failures < 3 ? 'debug' : 'warn';
    log[level]({ object: key, kind, failures, reason: messageOf(error) }, 'it failed and will be tried again');
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
  const chores = new WorkQueue({
    workers: 1,
    onFailure,
    handle: async (secret) => {
      const key = secret === ownToolsSecret ? OWN_TOOLS_KEY : SESSION_KEYS_KEY;
      const made = await ensureRandomSecret(client, writer, { namespace: gatewayNamespace, name: secret, key });
      if (made) log.info({ namespace: gatewayNamespace, secret, key }, 'made a new Secret');
      return resyncMs;
    },
  });

  const ready = () => view.synced && tenants.synced;
  let waiting = true;
  const begin = (names: Iterable<string>) => {
    if (!ready()) return;
    // The first time everything is looked at, whoever was the last to be known.
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
    tenants: () => tenants.verdict,
    now: () => new Date(),
  });
  if (sessionKeysSecret !== undefined) chores.add(sessionKeysSecret);
  if (ownToolsSecret !== undefined) chores.add(ownToolsSecret);

  return {
    notReady: () => {
      if (ready()) return undefined;
      const problems = [...view.problems, tenants.problem ?? []].flat();
      return problems.length > 0 ? problems.join('\n') : 'not everything was read yet';
    },
    counts: () => ({ queue: queue.length, failing: queue.failing, backends: view.backends.items.size }),
    stop: async () => {
      view.close();
      tenants.close();
      await Promise.all([queue.close(), chores.close()]);
      await writer.settled();
    },
  };
}
