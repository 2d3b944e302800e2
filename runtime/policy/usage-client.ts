import { credentials } from '@grpc/grpc-js';
import type { UsageReceipt__Output } from '../../protos/gen/mcp_gateway/v1/UsageReceipt.ts';
import type { UsageReport } from '../../protos/gen/mcp_gateway/v1/UsageReport.ts';
import type { UsageServiceClient } from '../../protos/gen/mcp_gateway/v1/UsageService.ts';
import { usageClient } from '../../protos/load.ts';
import { unary } from '../grpc/unary.ts';
import { RECONNECT } from './reconnect.ts';

const REPORT_TIMEOUT_MS = 1_000;

/** Reports usage to the watcher, over one connection that is kept. */
export class UsageClient {
  readonly #client: UsageServiceClient;

  /** @param socket Unix socket of the watcher */
  constructor(socket: string) {
    this.#client = new (usageClient())(`unix:${socket}`, credentials.createInsecure(), RECONNECT);
  }

  /** Sends a report. Rejects if the watcher does not answer within 1 s. */
  report(report: UsageReport): Promise<UsageReceipt__Output> {
    const deadline = Date.now() + REPORT_TIMEOUT_MS;
    return unary((callback) => this.#client.ReportUsage(report, { deadline }, callback));
  }

  close(): void {
    this.#client.close();
  }
}
