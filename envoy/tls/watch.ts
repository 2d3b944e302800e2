import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../runtime/log.ts';
import { FileWatch } from '../../runtime/registry/watch.ts';
import { type PairFiles, type PairProblem, samePair, type TlsPair, validityWarning } from './pair.ts';
import { readPair } from './read.ts';

/** Settings of {@link PairWatch}. */
export interface PairWatchOptions {
  /** Folder that the paths are relative to. */
  folder: string;
  files: PairFiles;
  log: Logger;
  /** Called after the files were first read, then after each change of the pair or of its problems. */
  onChange: () => void;
}

/** Reads a certificate and its key whenever they change. While they are invalid, the last good pair stays. */
export class PairWatch {
  /** The last good pair; undefined before the first one. */
  pair: TlsPair | undefined;
  /** What is wrong with the current files. */
  problems: readonly PairProblem[] = [];
  /** Whether the files were read, successfully or not. */
  isKnown = false;
  readonly #options: PairWatchOptions;
  readonly #watches: readonly FileWatch[];
  #loading = Promise.resolve();
  #closed = false;

  constructor(options: PairWatchOptions) {
    this.#options = options;
    const { folder, files, log } = options;
    // A change of either file reads both, because they may be replaced one after the other or together.
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
      log.info({ ...files, validTo: new Date(read.value.validToMs).toISOString() }, 'certificate loaded');
      const warning = validityWarning(read.value, Date.now());
      if (warning !== undefined) log.warn(files, warning);
    }
    if (!read.ok) {
      const then = this.pair === undefined ? 'there is no valid one yet' : 'keeping the last good one';
      log.error({ problems: problems.map(({ message }) => message) }, `certificate rejected; ${then}`);
    }
    this.isKnown = true;
    this.pair = pair;
    this.problems = problems;
    onChange();
  }
}
