import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

/** A real logger whose lines are kept, from a level on. */
export function capturedLog(level = 'trace'): { log: Logger; messages: string[] } {
  const messages: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      messages.push(String((JSON.parse(chunk.toString('utf8')) as { msg: unknown }).msg));
      done();
    },
  });
  return { log: pino({ level }, sink), messages };
}
