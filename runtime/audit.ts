import { openSync } from 'node:fs';
import { pino } from 'pino';
import { messageOf, UserError } from '../core/errors.ts';

const FLUSH_EVERY_MS = 250;
const BUFFER_BYTES = 8_192;

/** An open audit log. */
export interface AuditLog {
  /** Writes a record with at least one member. */
  write(record: object): void;
  /** Flushes buffered records. */
  close(): void;
}

/**
 * Opens an audit log: JSON lines with a `time` (RFC 3339), appended to a file, or written to standard output if `file` is `-`.
 * Lines are buffered for at most 250 ms and written whole, so several processes may share a file.
 *
 * @throws UserError `config` if the file cannot be opened
 */
export function openAuditLog(file: string, now = Date.now): AuditLog {
  const destination = pino.destination({
    dest: file === '-' ? 1 : openFile(file),
    sync: false,
    minLength: BUFFER_BYTES,
  });
  let [timeMs, time] = [Number.NaN, ''];
  const timer = setInterval(() => destination.flush(), FLUSH_EVERY_MS);
  timer.unref();
  return {
    write: (record) => {
      const nowMs = now();
      if (nowMs !== timeMs) {
        timeMs = nowMs;
        time = new Date(nowMs).toISOString();
      }
      destination.write(`{"time":"${time}",${JSON.stringify(record).slice(1)}\n`);
    },
    close: () => {
      clearInterval(timer);
      destination.flushSync();
    },
  };
}

function openFile(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (cause) {
    throw new UserError('config', `the audit log cannot be written: ${messageOf(cause)}`, {
      hint: 'Name another file with audit.file in gateway.yaml.',
      cause,
    });
  }
}
