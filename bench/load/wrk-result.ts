/** What `call.lua` reports of one run. Times are in microseconds. */
export interface WrkResult {
  durationUs: number;
  /** Responses received, of any status. */
  completed: number;
  /** Requests that were begun. At the end as many as there are connections are still under way. */
  issued: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  /** Responses with a status of 400 or more. */
  status: number;
  connect: number;
  read: number;
  write: number;
  timeout: number;
}

const FIELDS = [
  ...(['durationUs', 'completed', 'issued', 'p50Us', 'p99Us', 'maxUs'] as const),
  ...(['status', 'connect', 'read', 'write', 'timeout'] as const),
] satisfies (keyof WrkResult)[];

/**
 * Finds the result in wrk's output.
 * @throws Error when there is none, or one that is not whole
 */
export function parseWrkOutput(output: string): WrkResult {
  const line = output.split('\n').find((candidate) => candidate.startsWith('result '));
  if (line === undefined) throw new Error(`wrk gave no result: ${output.trim()}`);
  const parsed = JSON.parse(line.slice('result '.length)) as Partial<Record<keyof WrkResult, unknown>>;
  const entries = FIELDS.map((field) => {
    const value = parsed[field];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`wrk gave no ${field}: ${line}`);
    return [field, value] as const;
  });
  return Object.fromEntries(entries) as Record<keyof WrkResult, number>;
}
