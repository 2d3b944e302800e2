import type { Server } from '@grpc/grpc-js';
import type { GetStatusResponse } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import type { StatusServiceHandlers } from '../../protos/gen/mcp_gateway/v1/StatusService.ts';
import { statusService } from '../../protos/load.ts';
import { LogReports } from './log-reports.ts';

/** Serves the state of the backends, and of the logs of the gateway's processes. */
export class StatusService {
  readonly #status: () => GetStatusResponse;
  readonly #logs = new LogReports();

  /** @param status everything but the reports of other processes */
  constructor(status: () => GetStatusResponse) {
    this.#status = status;
  }

  /** Adds `mcp_gateway.v1.StatusService` to a server. */
  addTo(server: Server): void {
    const handlers: StatusServiceHandlers = {
      GetStatus: (_call, callback) => {
        const status = this.#status();
        callback(null, { ...status, logReports: [...(status.logReports ?? []), ...this.#logs.current()] });
      },
      ReportLogs: ({ request }, callback) => {
        this.#logs.add(request);
        callback(null, {});
      },
    };
    server.addService(statusService(), { ...handlers });
  }
}
