import { type DestinationStream, type Logger, pino, symbols } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { processLog } from './logs/process-log.ts';

export type { Logger };

// Keys that pino itself writes. A field with such a name would make the line an object with a duplicate key.
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

/** Settings of {@link createLogger}. */
export interface LogOptions {
  /** The role or command, written as `name` on every line. */
  name: string;
  /** Least severe level that is written. Default `info`. */
  level?: string;
  /** File descriptor to write to: 1 (stdout) or 2 (stderr). Default 2, which keeps stdout for results. */
  fd?: 1 | 2;
}

/** A pino logger: readable lines on a terminal, JSON lines otherwise. A line that cannot be written ends no process. */
export function createLogger({ name, level = 'info', fd = 2 }: LogOptions): Logger {
  const stream = fd === 1 ? process.stdout : process.stderr;
  const options = { level, base: { name } };
  const output = processLog(fd);
  if (!stream.isTTY) return pino(options, output);
  const readable = prettyFactory({ translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname', colorize: stream.hasColors() });
  return pino(options, { write: (line) => output.write(readable(line)) });
}

/**
 * A logger with another `name`, and with the destination, level and other bindings of the given one. A child logger of pino
 * would write both names on each line.
 */
export function renamed(log: Logger, name: string): Logger {
  const { [symbols.streamSym]: stream } = log as Logger & { [symbols.streamSym]: DestinationStream };
  return pino({ level: log.level, base: { ...log.bindings(), name } }, stream);
}
