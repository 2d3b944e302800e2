import type { Server } from '@grpc/grpc-js';
import type { GetStatusResponse } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import type { StatusServiceHandlers } from '../../protos/gen/mcp_gateway/v1/StatusService.ts';
import { statusService } from '../../protos/load.ts';

/** Serves the state of the backends. */
export class StatusService {
  readonly #status: () => GetStatusResponse;

  constructor(status: () => GetStatusResponse) {
    this.#status = status;
  }

  /** Adds `mcp_gateway.v1.StatusService` to a server. */
  addTo(server: Server): void {
    const handlers: StatusServiceHandlers = { GetStatus: (_call, callback) => callback(null, this.#status()) };
    server.addService(statusService(), { ...handlers });
  }
}
