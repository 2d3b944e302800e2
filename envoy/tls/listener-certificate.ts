import { dirname, resolve } from 'node:path';
import type { Problem } from '../../core/document/problems.ts';
import type { Logger } from '../../runtime/log.ts';
import type { PairFiles, PairProblem } from './pair.ts';
import { writeSecretFile } from './secret-file.ts';
import { PairWatch } from './watch.ts';

/** What the listener's certificate is kept with. */
export interface ListenerCertificateOptions {
  /** The gateway's configuration, which the paths are relative to the folder of. */
  configFile: string;
  /** File that Envoy reads. */
  secretFile: string;
  log: Logger;
}

/** Keeps the file that Envoy reads the listener's certificate from at what somebody's own files say. */
export class ListenerCertificate {
  readonly #options: ListenerCertificateOptions;
  #watch: PairWatch | undefined;

  constructor(options: ListenerCertificateOptions) {
    this.#options = options;
  }

  /** Begins with these files. Which ones is settled at the start: later calls change nothing. */
  watch(files: PairFiles): void {
    if (this.#watch !== undefined) return;
    const { configFile, secretFile, log } = this.#options;
    const watch = new PairWatch({
      folder: dirname(resolve(configFile)),
      files,
      log,
      onChange: () => {
        try {
          if (watch.pair !== undefined) writeSecretFile(secretFile, watch.pair);
        } catch (error) {
          log.error({ err: error }, 'Envoy cannot be given the certificate');
        }
      },
    });
    this.#watch = watch;
  }

  /** What is wrong with the files of now. */
  get problems(): Problem[] {
    return toProblems(this.#watch?.problems ?? [], this.#options.configFile);
  }

  /** Stops watching. */
  close(): void {
    this.#watch?.close();
  }
}

/** Problems of the listener's certificate as those of the document that names it. */
export function toProblems(problems: readonly PairProblem[], source: string): Problem[] {
  return problems.map(({ key, message }) => ({ source, path: `listen.tls.${key}`, message }));
}
