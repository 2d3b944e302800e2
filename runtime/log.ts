import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** How a process writes its log. */
export interface LogOptions {
  /** The role or command, on every line as `name`. */
  name: string;
  /** Least severe level that is written. Default `info`. */
  level?: string;
  /** File descriptor that is written to: 1 (stdout) or 2 (stderr). Default 2, so that stdout stays for results. */
  fd?: 1 | 2;
}

/** A pino logger: readable lines on a terminal, JSON lines otherwise. */
export function createLogger({ name, level = 'info', fd = 2 }: LogOptions): Logger {
  const stream = fd === 1 ? process.stdout : process.stderr;
  const options = { name, level, base: { name } };
  if (!stream.isTTY) return pino(options, pino.destination({ dest: fd, sync: true }));
  return pino(options, pretty({ destination: fd, sync: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname' }));
}
