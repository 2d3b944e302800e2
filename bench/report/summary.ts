import type { Sample } from '../load/sample.ts';

/** All samples of one chain at one number of connections, in the order of the rounds. */
export interface Cell {
  chain: string;
  connections: number;
  /** Not a chain but the quota script alone; `connections` is the number of calls in flight. */
  alone?: boolean;
  samples: Sample[];
}

/** What the report shows of a cell. */
export interface CellSummary {
  chain: string;
  connections: number;
  /** The quota script alone. */
  alone: boolean;
  /** Medians over the rounds; undefined if any round had a problem. */
  figures: { requestsPerSecond: number; p50Ms: number; p99Ms: number } | undefined;
  /** Lowest and highest requests per second of the rounds. */
  range: [number, number];
  /** All problems of all rounds. */
  problems: string[];
}

export function summarize({ chain, connections, alone = false, samples }: Cell): CellSummary {
  const rates = samples.map((sample) => sample.requestsPerSecond);
  const problems = samples.flatMap((sample) => sample.problems);
  const valid = samples.length > 0 && problems.length === 0;
  return {
    chain,
    connections,
    alone,
    figures: valid
      ? {
          requestsPerSecond: median(rates),
          p50Ms: median(samples.map((sample) => sample.p50Ms)),
          p99Ms: median(samples.map((sample) => sample.p99Ms)),
        }
      : undefined,
    range: [Math.min(...rates), Math.max(...rates)],
    problems,
  };
}

/** The middle value, or the mean of the two in the middle. NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
