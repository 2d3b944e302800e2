import { LeaderElection } from '../api/leader-election.ts';
import { serveHealth } from './health.ts';
import { startLeadershipTerm } from './leadership-term.ts';
import { OperatorMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import type { WriteTerm } from './writer.ts';

/** Lease that operators of one gateway compete for, in the gateway's namespace. */
export const OPERATOR_LEASE = 'mcp-gateway-operator';

/** A running operator. */
export interface RunningOperator {
  /** Of the health listener. */
  healthPort: number;
  /** Ends what is under way, gives the lease back and stops. */
  stop(): Promise<void>;
}

/** Without an election the term lasts as long as the process. */
function endlessTerm(signal: AbortSignal): WriteTerm & { release(): Promise<void> } {
  return { signal, holds: () => !signal.aborted, release: async () => {} };
}

/** Starts the operator: it stands by until it leads, and again whenever it no longer does. */
export async function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const { client, gatewayNamespace: namespace, identity, log, leaderElect, lease } = options;
  const stopping = new AbortController();
  const metrics = new OperatorMetrics();
  const election = new LeaderElection({ client, namespace, name: OPERATOR_LEASE, identity, log, ...lease });
  let reign: ReturnType<typeof startLeadershipTerm> | undefined;
  let holds: (() => boolean) | undefined;

  const health = await serveHealth(options.healthPort, {
    notReady: () => reign?.notReady(),
    metrics: () =>
      metrics.render({ leading: holds?.() === true, ...(reign?.counts() ?? { queue: 0, failing: 0, backends: 0 }) }),
  });

  const run = async () => {
    while (!stopping.signal.aborted) {
      const term = leaderElect ? await election.lead(stopping.signal) : endlessTerm(stopping.signal);
      if (term === undefined) return;
      log.info({ identity, elected: leaderElect }, 'this operator leads');
      holds = term.holds;
      reign = startLeadershipTerm({ ...options, term, metrics });
      await ended(AbortSignal.any([term.signal, stopping.signal]));
      const lost = !stopping.signal.aborted;
      await reign.stop();
      reign = undefined;
      await term.release();
      holds = undefined;
      log.info({ lost }, 'this operator no longer leads');
    }
  };
  const running = run();
  return {
    healthPort: health.port,
    stop: async () => {
      stopping.abort();
      await running;
      await health.stop();
    },
  };
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
