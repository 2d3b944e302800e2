import { closeSync, constants, fstatSync, openSync, realpathSync, type Stats, statSync } from 'node:fs';
import { type RotationLimits, rotate } from './rotation.ts';

/** Shortest interval between looks at the file's path and size. */
const LOOK_EVERY_MS = 250;

/** Settings of {@link LogFile}. */
export interface LogFileOptions {
  path: string;
  /** Called with the reason if the file cannot be replaced by a new one; it then grows. */
  onRotationFailed: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * A file that lines are appended to. It is opened again if another file gets its path, as other programs that rotate logs do, and
 * replaced when it is too large. Of a link, the file that it leads to is replaced. A device or FIFO never is.
 */
export class LogFile {
  limits: RotationLimits = { maxFileBytes: 0, maxFiles: 2 };
  readonly #options: LogFileOptions;
  #opened: { descriptor: number; stats: Stats } | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #rotationFailed = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** The descriptor to write to. Throws if the file cannot be opened. */
  readonly descriptor = (): number => {
    const nowMs = this.#options.now();
    const opened = this.#opened ?? this.open();
    if (Math.abs(nowMs - this.#lookedAtMs) < LOOK_EVERY_MS) return opened.descriptor;
    this.#lookedAtMs = nowMs;
    this.#rotate(opened);
    const there = statSync(this.#options.path, { throwIfNoEntry: false });
    if (there?.ino === opened.stats.ino && there.dev === opened.stats.dev) return opened.descriptor;
    return this.open().descriptor;
  };

  /** Opens the file, or creates it with mode 0600. Throws if that fails; a file that was open before stays open. */
  open(): { descriptor: number; stats: Stats } {
    const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
    const descriptor = openSync(this.#options.path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
    this.close();
    this.#opened = { descriptor, stats: fstatSync(descriptor) };
    return this.#opened;
  }

  close(): void {
    if (this.#opened !== undefined) closeSync(this.#opened.descriptor);
    this.#opened = undefined;
  }

  #rotate({ descriptor, stats }: { descriptor: number; stats: Stats }): void {
    const { path, onRotationFailed } = this.#options;
    try {
      const { maxFileBytes } = this.limits;
      if (stats.isFile() && maxFileBytes > 0 && fstatSync(descriptor).size >= maxFileBytes) {
        rotate(realpathSync(path), stats.ino, this.limits);
      }
      this.#rotationFailed = false;
    } catch (error) {
      if (!this.#rotationFailed) onRotationFailed(error);
      this.#rotationFailed = true;
    }
  }
}
