import type { WrkResult } from './wrk-result.ts';

/** One measurement of one chain at one number of connections. */
export interface Sample {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Why the measurement is invalid; empty if it is valid. */
  problems: string[];
}

/** What the upstream and the quota store counted during the load. */
export interface Counts {
  /** Tool calls that the upstream answered. */
  upstream: number;
  /** Requests that the chain's quota store counted, if it has one. */
  quota?: number;
}

/**
 * Turns a run of wrk into a sample, and compares it with what the upstream and the quota store counted. wrk counts every status of 400
 * or more, but neither other unsuccessful responses nor connections that were closed before they answered. Requests in flight at
 * the end are counted on one side only, so the comparison can miss up to as many such cases as there are connections.
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
    counts.upstream < completed && `${completed - counts.upstream} responses that the upstream did not send`,
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
