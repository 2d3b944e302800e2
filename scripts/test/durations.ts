import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const BYTES_PER_SECOND = 1_000;

/** What each test file took the last time, kept in the cache, so that the longest can be started first. */
export class Durations {
  readonly #path: string;
  readonly #durationsMs: Record<string, number>;

  constructor(cacheDir: string) {
    this.#path = join(cacheDir, 'test-durations.json');
    this.#durationsMs = read(this.#path);
  }

  /** In milliseconds. Guessed from the size of a file that has not run yet. */
  of(file: string): number {
    return this.#durationsMs[file] ?? (statSync(file).size / BYTES_PER_SECOND) * 1000;
  }

  save(durationsMs: Readonly<Record<string, number>>): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify({ ...this.#durationsMs, ...durationsMs }));
  }
}

function read(path: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
