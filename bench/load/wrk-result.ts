/** What `call.lua` reports about one run. Times are in microseconds. */
export interface WrkResult {
  durationUs: number;
  /** Responses received, of any status. */
  completed: number;
  /** Requests sent. At the end one per connection is still in flight. */
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
 * Parses the result in wrk's output.
 * @throws Error if it is missing or incomplete
 */
export function parseWrkOutput(output: string): WrkResult {
  const line = output.split('\n').find((candidate) => candidate.startsWith('result '));
  if (line === undefined) throw new Error(`wrk printed no result: ${output.trim()}`);
  const parsed = JSON.parse(line.slice('result '.length)) as Partial<Record<keyof WrkResult, unknown>>;
  const entries = FIELDS.map((field) => {
    const value = parsed[field];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`wrk printed no ${field}: ${line}`);
    return [field, value] as const;
  });
  return Object.fromEntries(entries) as Record<keyof WrkResult, number>;
}
