import { type DestinationStream, type Logger, pino, symbols } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

// Keys that pino itself writes. As a field they would be in the line a second time.
declare module 'pino' {
  namespace pino {
    interface LogFnFields {
      level?: never;
      time?: never;
      name?: never;
      msg?: never;
    }
  }
}

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
  const options = { level, base: { name } };
  if (!stream.isTTY) return pino(options, pino.destination({ dest: fd, sync: true }));
  return pino(options, pretty({ destination: fd, sync: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname' }));
}

/**
 * A logger that writes to the same place under another name, with the other bindings and the level of the first.
 * A child of pino would keep the first name in front of its own, so that each line had two.
 */
export function renamed(log: Logger, name: string): Logger {
  const { [symbols.streamSym]: stream } = log as Logger & { [symbols.streamSym]: DestinationStream };
  return pino({ level: log.level, base: { ...log.bindings(), name } }, stream);
}
