import { LeaderElection } from '../api/leader-election.ts';
import { serveHealth } from './health.ts';
import { type RunningTerm, startLeadershipTerm } from './leadership-term.ts';
import { OperatorMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import type { WriteTerm } from './writer.ts';

/** Lease for the leader election among the operators of one gateway, in the gateway's namespace. */
export const OPERATOR_LEASE = 'mcp-gateway-operator';

/** A running operator. */
export interface RunningOperator {
  /** Port of the health listener. */
  healthPort: number;
  /** Waits for writes in progress, releases the lease and stops. */
  stop(): Promise<void>;
}

/** Without an election, the leadership term lasts as long as the process. */
function endlessTerm(signal: AbortSignal): WriteTerm & { release(): Promise<void> } {
  return { signal, holds: () => !signal.aborted, release: async () => {} };
}

/** Starts the operator. It stands by until it leads, and again after each leadership term. */
export async function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const { client, gatewayNamespace: namespace, identity, log, leaderElect, election: times } = options;
  const stopping = new AbortController();
  const metrics = new OperatorMetrics();
  const election = new LeaderElection({ client, namespace, name: OPERATOR_LEASE, identity, log, ...times });
  let running: RunningTerm | undefined;
  let holds: (() => boolean) | undefined;

  const health = await serveHealth(options.healthPort, {
    notReady: () => running?.notReady(),
    metrics: () =>
      metrics.render({ leading: holds?.() === true, ...(running?.counts() ?? { queue: 0, failing: 0, backends: 0 }) }),
  });

  const run = async () => {
    while (!stopping.signal.aborted) {
      const term = leaderElect ? await election.lead(stopping.signal) : endlessTerm(stopping.signal);
      if (term === undefined) return;
      log.info({ identity, elected: leaderElect }, 'became the leader');
      holds = term.holds;
      running = startLeadershipTerm({ ...options, term, metrics });
      await ended(AbortSignal.any([term.signal, stopping.signal]));
      const lost = !stopping.signal.aborted;
      await running.stop();
      running = undefined;
      await term.release();
      holds = undefined;
      log.info({ lost }, 'stopped leading');
    }
  };
  const loop = run();
  return {
    healthPort: health.port,
    stop: async () => {
      stopping.abort();
      await loop;
      await health.stop();
    },
  };
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
