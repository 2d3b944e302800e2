import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../core/errors.ts';
import { LineWriter, type LogState } from './logs/line-writer.ts';
import { LogFile } from './logs/log-file.ts';
import { nonBlocking } from './logs/non-blocking.ts';
import type { RotationLimits } from './logs/rotation.ts';

const FLUSH_EVERY_MS = 250;
const FLUSH_CHARACTERS = 8_192;
/** How often a full pipe is tried again at the end, 10 ms apart. */
const LAST_ATTEMPTS = 20;
/** Failures that may pass by themselves. They do not keep a process from starting. */
const PASSING = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ESTALE'];

/** An open audit log. */
export interface AuditLog {
  /** Writes a record with at least one member. Never throws: a line that cannot be written waits, or is lost and counted. */
  write(record: object): void;
  readonly state: LogState;
  /** Sets how much is kept of a log that is a file. Default: all, in one file. */
  limit(limits: RotationLimits): void;
  /** Writes what waits now, instead of within 250 ms. */
  flushed(): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

/** Settings of {@link openAuditLog}. */
export interface AuditLogOptions {
  /** Called when writing starts to fail and when it succeeds again. */
  onChange?: (state: LogState) => void;
  /** Called with the reason if a file that is too large cannot be replaced. */
  onRotationFailed?: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Opens an audit log: JSON lines with a `time` (RFC 3339), appended to a file, or written to standard output if `file` is `-`.
 * Lines are buffered for at most 250 ms and written whole, so several processes may share a file. If the disk is full or fails, up to
 * 1 Mi characters of lines wait until it works again.
 *
 * @throws UserError `config` if the file cannot be opened and waiting would not help
 */
export function openAuditLog(file: string, options: AuditLogOptions = {}): AuditLog {
  const { now = Date.now, onChange = () => undefined, onRotationFailed = () => undefined } = options;
  const logFile = file === '-' ? undefined : openFile(new LogFile({ path: file, onRotationFailed, now }));
  const output = logFile === undefined ? nonBlocking(1) : 0;
  const writer = new LineWriter({ descriptor: logFile?.descriptor ?? (() => output), onChange });
  let [timeMs, time] = [Number.NaN, ''];
  const timer = setInterval(() => writer.flush(), FLUSH_EVERY_MS);
  timer.unref();
  return {
    write: (record) => {
      const nowMs = now();
      if (nowMs !== timeMs) {
        timeMs = nowMs;
        time = new Date(nowMs).toISOString();
      }
      writer.add(`{"time":"${time}",${JSON.stringify(record).slice(1)}\n`);
      // While writing fails, only the timer tries again.
      if (writer.waiting >= FLUSH_CHARACTERS && writer.state.failure === undefined) writer.flush();
    },
    get state() {
      return writer.state;
    },
    limit: (limits) => {
      if (logFile !== undefined) logFile.limits = limits;
    },
    flushed: () => {
      writer.flush();
      return writer.settled();
    },
    close: async () => {
      clearInterval(timer);
      await writer.settled();
      for (let attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
        writer.flushSync();
        if (writer.waiting === 0 || writer.state.failure !== undefined) break;
        await sleep(10);
      }
      logFile?.close();
    },
  };
}

function openFile(file: LogFile): LogFile {
  try {
    file.open();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && PASSING.includes(String(cause.code))) return file;
    throw new UserError('config', `the audit log cannot be written: ${messageOf(cause)}`, {
      hint: 'Name another file with audit.file in gateway.yaml.',
      cause,
    });
  }
  return file;
}
