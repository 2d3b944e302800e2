import { LineWriter, type LogState } from './line-writer.ts';
import { nonBlocking } from './non-blocking.ts';

const RETRY_MS = 250;
/** How long the end of the process waits for a full pipe, in steps of 10 ms. */
const LAST_ATTEMPTS = 20;

/** The output of the loggers of this process. */
export interface ProcessLog {
  /** Writes a line, which ends with a line break. */
  write(line: string): void;
}

const outputs = new Map<number, { writer: LineWriter; log: ProcessLog }>();

/**
 * The log of this process on a file descriptor. Lines are written before `write` returns. If that fails, or if the pipe is full, they
 * wait: up to 1 Mi characters.
 */
export function processLog(descriptor: 1 | 2): ProcessLog {
  const known = outputs.get(descriptor);
  if (known !== undefined) return known.log;
  const output = nonBlocking(descriptor);
  const writer = new LineWriter({ descriptor: () => output });
  if (outputs.size === 0) process.once('exit', flushAll);
  const log = openProcessLog(writer);
  outputs.set(descriptor, { writer, log });
  return log;
}

/** A process log that writes with a writer. */
export function openProcessLog(writer: LineWriter, retryMs = RETRY_MS): ProcessLog {
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    writer.flushSync();
    if (writer.waiting > 0) timer = setTimeout(flush, retryMs).unref();
  };
  return {
    write: (line) => {
      writer.add(line);
      if (timer === undefined) flush();
    },
  };
}

/** How the log of this process is doing. */
export function processLogState(): LogState {
  const states = [...outputs.values()].map(({ writer }) => writer.state);
  return {
    lost: states.reduce((sum, { lost }) => sum + lost, 0),
    failure: states.find(({ failure }) => failure !== undefined)?.failure,
  };
}

function flushAll(): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (const { writer } of outputs.values()) {
    for (let attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
      writer.flushSync();
      if (writer.waiting === 0 || writer.state.failure !== undefined) break;
      Atomics.wait(clock, 0, 0, 10);
    }
  }
}
