import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../runtime/log.ts';
import { FileWatch } from '../../runtime/registry/watch.ts';
import { type PairFiles, type PairProblem, samePair, type TlsPair, validityWarning } from './pair.ts';
import { readPair } from './read.ts';

/** What is watched. */
export interface PairWatchOptions {
  /** Folder that the paths are relative to. */
  folder: string;
  files: PairFiles;
  log: Logger;
  /** Called once the files were read for the first time, then after each change of the pair or of its problems. */
  onChange: () => void;
}

/** Reads a certificate and its key, and goes on reading them as they change. A pair that is wrong keeps the last good one. */
export class PairWatch {
  /** The last good pair; undefined until there was one. */
  pair: TlsPair | undefined;
  /** What is wrong with the files of now. */
  problems: readonly PairProblem[] = [];
  /** Whether the files were looked at, with whatever outcome. */
  isKnown = false;
  readonly #options: PairWatchOptions;
  readonly #watches: readonly FileWatch[];
  #loading = Promise.resolve();
  #closed = false;

  constructor(options: PairWatchOptions) {
    this.#options = options;
    const { folder, files, log } = options;
    // Whichever file changes, both are read anew: they are replaced one after the other, or both in one step.
    const load = () => {
      this.#loading = this.#loading.then(() => this.#load());
    };
    const watch = (file: string) => new FileWatch({ path: resolve(folder, file), log, onChange: load });
    this.#watches = [watch(files.certFile), watch(files.keyFile)];
    load();
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.close();
  }

  async #load(): Promise<void> {
    const { folder, files, log, onChange } = this.#options;
    const read = await readPair(folder, files);
    if (this.#closed) return;
    const first = !this.isKnown;
    const problems = read.ok ? [] : read.problems;
    const pair = read.ok ? read.value : this.pair;
    if (!first && samePair(pair, this.pair) && isDeepStrictEqual(problems, this.problems)) return;
    if (read.ok && !samePair(pair, this.pair)) {
      log.info({ ...files, validTo: new Date(read.value.validToMs).toISOString() }, 'a certificate was read');
      const warning = validityWarning(read.value, Date.now());
      if (warning !== undefined) log.warn(files, warning);
    }
    if (!read.ok) {
      const then = this.pair === undefined ? 'there is no good one yet' : 'the last good one goes on';
      log.error({ problems: problems.map(({ message }) => message) }, `a certificate is refused; ${then}`);
    }
    this.isKnown = true;
    this.pair = pair;
    this.problems = problems;
    onChange();
  }
}
