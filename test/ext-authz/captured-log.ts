import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

/** A line of a log. */
export interface LogLine {
  msg: string;
  reason?: string;
}

/** A real logger that keeps its lines and their messages from a level on. */
export function capturedLog(level = 'trace'): { log: Logger; messages: string[]; lines: LogLine[] } {
  const messages: string[] = [];
  const lines: LogLine[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const line = JSON.parse(chunk.toString('utf8')) as LogLine;
      lines.push(line);
      messages.push(line.msg);
      done();
    },
  });
  return { log: pino({ level }, sink), messages, lines };
}
