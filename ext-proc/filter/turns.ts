import type { Sliced } from '../../core/mcp/sliced.ts';

interface Job {
  /** Does one slice. Returns whether the job is done. */
  slice: () => boolean;
}

/**
 * Runs computations in slices: one slice in each turn of the event loop, so that everything else is served in between, and of each
 * caller in rotation. A computation of one slice runs immediately if it is the first of this turn.
 */
export class Turns {
  /** The waiting jobs of each caller. The caller whose turn is next comes first. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #later: (run: () => void) => void;
  /** Whether a slice has run in this turn, or jobs wait. */
  #busy = false;

  /** @param later runs a callback in the next turn; default setImmediate */
  constructor(later: (run: () => void) => void = setImmediate) {
    this.#later = later;
  }

  /** Resolves with the result of the work once it is done. Stops it, and resolves with undefined, as soon as it is not wanted. */
  run<T>(caller: string, work: Sliced<T>, wanted: () => boolean): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const slice = (): boolean => {
        try {
          if (!wanted()) {
            resolve(undefined);
            return true;
          }
          const { done, value } = work.next();
          if (done === true) resolve(value);
          return done === true;
        } catch (error) {
          reject(error);
          return true;
        }
      };
      if (!this.#busy) {
        this.#busy = true;
        this.#later(() => this.#turn());
        if (slice()) return;
      }
      const jobs = this.#waiting.get(caller);
      if (jobs === undefined) this.#waiting.set(caller, [{ slice }]);
      else jobs.push({ slice });
    });
  }

  #turn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#busy = false;
      return;
    }
    const [caller, jobs] = next;
    this.#waiting.delete(caller);
    const [job, ...others] = jobs;
    const left = job === undefined || job.slice() ? others : [...others, job];
    // Behind all other callers.
    if (left.length > 0) this.#waiting.set(caller, left);
    this.#later(() => this.#turn());
  }
}
