import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMissingFile, messageOf } from '../../core/errors.ts';
import { readTextFile } from '../files/read.ts';
import type { Logger } from '../log.ts';

/** Merges a burst of the kernel's notifications. */
const SETTLE_MS = 30;
/** Finds changes without notifications: on network file systems, or when a folder is replaced. */
const RESCAN_MS = 1_000;

/** Settings of {@link FileWatch}. */
export interface WatchOptions {
  /** A folder, of which the files that `accept` selects by name are read, or a single file. */
  path: string;
  accept?: (fileName: string) => boolean;
  log: Logger;
  /** Called with the texts by file name, after they were first read and then after each change. */
  onChange: (texts: ReadonlyMap<string, string>) => void;
  /** Called after each change of what cannot be read now: the error by file name, or by `path` if nothing can be read. */
  onUnreadable?: (errors: ReadonlyMap<string, unknown>) => void;
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
  #unreadable: ReadonlyMap<string, unknown> = new Map();

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
    const unreadable = new Map<string, unknown>();
    const keep = (file: string, error: unknown) => {
      unreadable.set(file, error);
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
      unreadable.set(path, error);
    }
    if (!this.#closed) this.#report(unreadable);
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

  #report(unreadable: ReadonlyMap<string, unknown>): void {
    const { log, onUnreadable } = this.#options;
    const before = this.#unreadable;
    this.#unreadable = unreadable;
    for (const [path, error] of unreadable) {
      if (!before.has(path)) log.warn({ path, reason: messageOf(error) }, 'cannot be read; keeping the last content');
    }
    if (!isDeepStrictEqual(before, unreadable)) onUnreadable?.(unreadable);
  }
}

/**
 * Reads a file, or the accepted files of a folder except hidden ones and links out of the folder. If one file of a folder cannot be
 * read, `onUnreadable` may return a text in its place; without `onUnreadable` the call rejects.
 */
export async function readTexts(
  path: string,
  accept: (name: string) => boolean = () => true,
  onUnreadable?: (name: string, error: unknown) => string | undefined,
): Promise<Map<string, string>> {
  if (!(await stat(path)).isDirectory()) return new Map([[path, await readTextFile(path)]]);
  const names = (await readdir(path)).filter((name) => !name.startsWith('.') && accept(name)).sort();
  const read = async (name: string): Promise<[string, string][]> => {
    try {
      return [[name, await readTextFile(join(path, name), { within: path })]];
    } catch (error) {
      if (onUnreadable === undefined) throw error;
      // A missing file was deleted after the folder was listed.
      const instead = isMissingFile(error) ? undefined : onUnreadable(name, error);
      return instead === undefined ? [] : [[name, instead]];
    }
  };
  return new Map((await Promise.all(names.map(read))).flat());
}

/** Whether a file name has the ending of YAML. */
export function isYamlFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}
