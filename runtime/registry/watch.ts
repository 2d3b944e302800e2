import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMissingFile, messageOf } from '../../core/errors.ts';
import type { Logger } from '../log.ts';

/** Merges a burst of the kernel's notifications. */
const SETTLE_MS = 30;
/** Finds changes without notifications: on network file systems, or when a folder is replaced. */
const RESCAN_MS = 1_000;
const MAX_FILE_BYTES = 1 << 20;

/** Settings of {@link FileWatch}. */
export interface WatchOptions {
  /** A folder, of which the files that `accept` selects by name are read, or a single file. */
  path: string;
  accept?: (fileName: string) => boolean;
  log: Logger;
  /** Called with the texts by file name, after they were first read and then after each change. */
  onChange: (texts: ReadonlyMap<string, string>) => void;
}

/** Reads text files whenever they change, until it is closed. */
export class FileWatch {
  readonly #options: WatchOptions;
  readonly #rescan: NodeJS.Timeout;
  /** The kernel's notifications with the inode that they are about, since another file or folder may take its path. */
  #watcher: { notifications: FSWatcher; inode: number } | undefined;
  #settle: NodeJS.Timeout | undefined;
  #texts: ReadonlyMap<string, string> | undefined;
  #closed = false;
  #reading = false;
  #again = false;
  readonly #failing = new Set<string>();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#rescan = setInterval(() => void this.#read(), RESCAN_MS);
    void this.#read();
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#rescan);
    clearTimeout(this.#settle);
    this.#watcher?.notifications.close();
  }

  async #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    const { path, accept, onChange } = this.#options;
    const unreadable = new Set<string>();
    const keep = (file: string, error: unknown) => {
      unreadable.add(file);
      this.#warn(file, error);
      return this.#texts?.get(file);
    };
    try {
      await this.#observe();
      const texts = await readTexts(path, accept, keep);
      if (!this.#closed && !isDeepStrictEqual(texts, this.#texts)) {
        this.#texts = texts;
        onChange(texts);
      }
    } catch (error) {
      // Keep the last content: a folder that cannot be read is not an empty folder.
      unreadable.add(path);
      this.#warn(path, error);
    }
    for (const file of this.#failing) if (!unreadable.has(file)) this.#failing.delete(file);
    this.#reading = false;
    if (!this.#again || this.#closed) return;
    this.#again = false;
    void this.#read();
  }

  // Called before reading, so that no change between the two is lost.
  async #observe(): Promise<void> {
    const { path } = this.#options;
    const { ino: inode } = await stat(path);
    if (this.#closed || this.#watcher?.inode === inode) return;
    this.#watcher?.notifications.close();
    this.#watcher = undefined;
    const notifications = watch(path, { persistent: false }, () => {
      clearTimeout(this.#settle);
      if (!this.#closed) this.#settle = setTimeout(() => void this.#read(), SETTLE_MS);
    });
    notifications.on('error', () => notifications.close());
    this.#watcher = { notifications, inode };
  }

  #warn(path: string, error: unknown): void {
    if (this.#failing.has(path) || this.#closed) return;
    this.#failing.add(path);
    this.#options.log.warn({ path, reason: messageOf(error) }, 'cannot be read; keeping the last content');
  }
}

/**
 * Reads a file, or the accepted files of a folder except hidden ones. If one file of a folder cannot be read, `onUnreadable` may
 * return a text in its place; without `onUnreadable` the call rejects.
 */
export async function readTexts(
  path: string,
  accept: (name: string) => boolean = () => true,
  onUnreadable?: (name: string, error: unknown) => string | undefined,
): Promise<Map<string, string>> {
  if (!(await stat(path)).isDirectory()) return new Map([[path, await readText(path)]]);
  const names = (await readdir(path)).filter((name) => !name.startsWith('.') && accept(name)).sort();
  const read = async (name: string): Promise<[string, string][]> => {
    try {
      return [[name, await readText(join(path, name))]];
    } catch (error) {
      if (onUnreadable === undefined) throw error;
      // A missing file was deleted after the folder was listed.
      const instead = isMissingFile(error) ? undefined : onUnreadable(name, error);
      return instead === undefined ? [] : [[name, instead]];
    }
  };
  return new Map((await Promise.all(names.map(read))).flat());
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
  return readFile(path, 'utf8');
}

/** Whether a file name has the ending of YAML. */
export function isYamlFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}
