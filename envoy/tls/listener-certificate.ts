import { dirname, resolve } from 'node:path';
import type { Problem } from '../../core/document/problems.ts';
import type { Logger } from '../../runtime/log.ts';
import type { PairFiles, PairProblem } from './pair.ts';
import { writeSecretFile } from './secret-file.ts';
import { PairWatch } from './watch.ts';

/** Settings of {@link ListenerCertificate}. */
export interface ListenerCertificateOptions {
  /** The gateway's configuration. Paths are relative to its folder. */
  configFile: string;
  /** File that Envoy reads. */
  secretFile: string;
  log: Logger;
}

/** Keeps the secret file that Envoy reads up to date with the certificate files that the configuration names. */
export class ListenerCertificate {
  readonly #options: ListenerCertificateOptions;
  #watch: PairWatch | undefined;

  constructor(options: ListenerCertificateOptions) {
    this.#options = options;
  }

  /** Starts watching these files. Only the first call has an effect. */
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
          log.error({ err: error }, 'the listener certificate cannot be written for Envoy');
        }
      },
    });
    this.#watch = watch;
  }

  /** What is wrong with the current files. */
  get problems(): Problem[] {
    return toProblems(this.#watch?.problems ?? [], this.#options.configFile);
  }

  /** Stops watching. */
  close(): void {
    this.#watch?.close();
  }
}

/** The problems of the listener's certificate, as problems of the document that names it. */
export function toProblems(problems: readonly PairProblem[], source: string): Problem[] {
  return problems.map(({ key, message }) => ({ source, path: `listen.tls.${key}`, message }));
}
