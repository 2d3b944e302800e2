import { isDeepStrictEqual } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import type { LogReport } from '../../protos/gen/mcp_gateway/v1/LogReport.ts';
import type { StatusServiceClient } from '../../protos/gen/mcp_gateway/v1/StatusService.ts';
import { statusClient } from '../../protos/load.ts';
import { unary } from '../grpc/unary.ts';
import { type LogStates, troubledLogs } from '../logs/state.ts';
import { RECONNECT } from './reconnect.ts';

const LOOK_EVERY_MS = 1_000;
/** Interval of reports that say the same, so that a watcher that was restarted gets them too. */
const REPEAT_EVERY_MS = 10_000;
const TIMEOUT_MS = 1_000;

/** Settings of {@link LogReporter}. */
export interface LogReporterOptions {
  /** Unix socket of the watcher. */
  watcherSocket: string;
  /** Name of this process in the status. */
  process: string;
  states: () => LogStates;
}

/** Reports the logs of this process to the watcher, if there is anything to report. A report that fails is sent again. */
export class LogReporter {
  readonly #options: LogReporterOptions;
  readonly #timer: NodeJS.Timeout;
  #client: StatusServiceClient | undefined;
  #reported: LogReport['logs'] = [];
  #reportedAtMs = 0;
  #reporting = false;

  constructor(options: LogReporterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#client?.close();
  }

  async #look(): Promise<void> {
    const { watcherSocket, process, states } = this.#options;
    const logs = troubledLogs(states());
    const isNews = !isDeepStrictEqual(logs, this.#reported);
    const isDue = logs.length > 0 && performance.now() - this.#reportedAtMs > REPEAT_EVERY_MS;
    if (this.#reporting || !(isNews || isDue)) return;
    this.#reporting = true;
    this.#client ??= new (statusClient())(`unix:${watcherSocket}`, credentials.createInsecure(), RECONNECT);
    const client = this.#client;
    try {
      const deadline = Date.now() + TIMEOUT_MS;
      await unary((callback) => client.ReportLogs({ process, logs }, { deadline }, callback));
      this.#reported = logs;
      this.#reportedAtMs = performance.now();
    } catch {
      // The watcher is away.
    }
    this.#reporting = false;
  }
}
