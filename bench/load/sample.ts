import type { WrkResult } from './wrk-result.ts';

/** One measurement of one chain at one number of connections. */
export interface Sample {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Why the measurement does not count; empty when it does. */
  problems: string[];
}

/** What the ends of a chain counted while the load ran. */
export interface Counts {
  /** Tool calls that the upstream answered. */
  upstream: number;
  /** Requests that the chain's quota store counted, where it has one. */
  quota?: number;
}

/**
 * Turns a run of wrk into a sample, and holds what wrk saw against what the ends counted. wrk counts every status of 400
 * or more, but is silent about other responses that are no success, and about connections that were closed before they
 * answered. As the requests under way at the end are counted by one side only, fewer such cases than there are
 * connections can escape this comparison.
 */
export function sampleOf(result: WrkResult, connections: number, counts: Counts): Sample {
  const { completed } = result;
  const dropped = result.issued - completed - connections;
  const problems = [
    completed === 0 && 'no response at all',
    result.status > 0 && `${result.status} responses with an error status`,
    result.connect > 0 && `${result.connect} failed connects`,
    result.read > 0 && `${result.read} failed reads`,
    result.write > 0 && `${result.write} failed writes`,
    result.timeout > 0 && `${result.timeout} timeouts`,
    dropped > 0 && `${dropped} requests without a response`,
    counts.upstream < completed && `${completed - counts.upstream} responses that the upstream did not give`,
    counts.quota !== undefined &&
      counts.quota < completed &&
      `${completed - counts.quota} requests that the quota did not count`,
  ].filter((problem) => problem !== false);
  return {
    requestsPerSecond: completed / (result.durationUs / 1e6),
    p50Ms: result.p50Us / 1000,
    p99Ms: result.p99Us / 1000,
    problems,
  };
}
