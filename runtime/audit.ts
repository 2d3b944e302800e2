import { openSync } from 'node:fs';
import { pino } from 'pino';
import { messageOf, UserError } from '../core/errors.ts';

const FLUSH_EVERY_MS = 250;
const BUFFER_BYTES = 8_192;

/** Writes records to the audit log. */
export interface AuditLog {
  write(record: object): void;
  /** Writes what is still held back. */
  close(): void;
}

/**
 * Opens an audit log: JSON lines with a `time` (RFC 3339), added to the end of a file, or to standard output for `-`. Lines are
 * gathered for at most 250 ms and written whole, so several processes may share a file. Throws a UserError when it cannot be written.
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
      // The record has at least one member.
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
