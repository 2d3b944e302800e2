import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../log.ts';

/** The kernel's notices come in bursts; this joins one. */
const SETTLE_MS = 30;
/** Finds what the kernel did not tell: network file systems, a folder that was replaced. */
const RESCAN_MS = 1_000;
const MAX_FILE_BYTES = 1 << 20;

/** What is watched. */
export interface WatchOptions {
  /** A folder, of which the files whose name passes `accept` are read, or a single file. */
  path: string;
  accept?: (fileName: string) => boolean;
  log: Logger;
  /** Called with the texts by file name, first once they were read, then after each change. */
  onChange: (texts: ReadonlyMap<string, string>) => void;
}

/** Reads text files and goes on reading them as they change, until closed. */
export class FileWatch {
  readonly #options: WatchOptions;
  #watcher: FSWatcher | undefined;
  #settle: NodeJS.Timeout | undefined;
  readonly #rescan: NodeJS.Timeout;
  #last: string | undefined;
  #reading = false;
  #again = false;
  #failing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#rescan = setInterval(() => void this.#read(), RESCAN_MS);
    this.#observe();
    void this.#read();
  }

  /** Stops watching. */
  close(): void {
    clearInterval(this.#rescan);
    clearTimeout(this.#settle);
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#last = undefined;
    this.#again = false;
    this.#reading = true;
  }

  #observe(): void {
    try {
      this.#watcher = watch(this.#options.path, { persistent: false }, () => {
        clearTimeout(this.#settle);
        this.#settle = setTimeout(() => void this.#read(), SETTLE_MS);
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // Not there yet; the rescan finds it.
    }
  }

  async #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      const texts = await readTexts(this.#options.path, this.#options.accept);
      const now = JSON.stringify([...texts]);
      if (now !== this.#last && this.#watcher !== undefined) {
        this.#last = now;
        this.#options.onChange(texts);
      }
      this.#failing = false;
    } catch (error) {
      // The last good content goes on: a folder that cannot be read is not an empty one.
      if (!this.#failing)
        this.#options.log.warn({ path: this.#options.path, reason: messageOf(error) }, 'cannot be read');
      this.#failing = true;
    }
    this.#reading = false;
    if (!this.#again) return;
    this.#again = false;
    void this.#read();
  }
}

/** Reads a file, or the accepted files of a folder; hidden files are passed over. */
export async function readTexts(
  path: string,
  accept: (name: string) => boolean = () => true,
): Promise<Map<string, string>> {
  if (!(await stat(path)).isDirectory()) return new Map([[path, await readText(path)]]);
  const names = (await readdir(path)).filter((name) => !name.startsWith('.') && accept(name)).sort();
  const texts = await Promise.all(names.map(async (name) => [name, await readText(join(path, name))] as const));
  return new Map(texts);
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
  return readFile(path, 'utf8');
}

/** Whether a file name is one of a YAML document. */
export function isYamlFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}
