/** Work for a number of workers. */
export interface Schedule<T> {
  /** Started first, in this order. */
  first: readonly T[];
  /** Started once `ready` is fulfilled and nothing of `first` is left to start, in this order. */
  rest: readonly T[];
  ready: Promise<unknown>;
  /** How many run at the same time. */
  workers: number;
  /** Runs one item to its end. A rejection ends its worker; the others take what is left. */
  run: (item: T) => Promise<void>;
}

/** Runs everything, side by side. Rejects if `ready` or a run does, after all workers have ended. */
export async function runAll<T>({ first, rest, ready, workers, run }: Schedule<T>): Promise<void> {
  const queues = [
    { items: [...first], ready: Promise.resolve() },
    { items: [...rest], ready },
  ];
  const work = async () => {
    for (const queue of queues) {
      if (queue.items.length > 0) await queue.ready;
      for (let item = queue.items.shift(); item !== undefined; item = queue.items.shift()) await run(item);
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: workers }, work));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
