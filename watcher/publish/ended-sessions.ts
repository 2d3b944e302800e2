import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Remembers ended sessions across restarts of the watcher. The file has a line for each: the fingerprint, and the second since the
 * epoch from which the session may be forgotten. Opening the file drops outdated lines.
 */
export class EndedSessions {
  /** Sessions that may not be forgotten yet: fingerprint to seconds since the epoch. */
  readonly known: ReadonlyMap<string, number>;
  readonly #file: string;

  constructor(file: string, nowSeconds: number) {
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const entries = lines.map((line) => /^([0-9a-f]{32}) (\d+)$/.exec(line)).filter((match) => match !== null);
    this.known = new Map(
      entries
        .map(([, fingerprint = '', until]) => [fingerprint, Number(until)] as const)
        .filter(([, until]) => until > nowSeconds),
    );
    const kept = [...this.known].map(([fingerprint, until]) => `${fingerprint} ${until}\n`);
    writeFileSync(`${file}.new`, kept.join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** Adds a session. */
  add(fingerprint: string, forgetAtSeconds: number): void {
    appendFileSync(this.#file, `${fingerprint} ${forgetAtSeconds}\n`);
  }
}
