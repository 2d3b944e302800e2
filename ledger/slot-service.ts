import type { Server } from '@grpc/grpc-js';
import type { HTTPAccessLogEntry__Output } from '../protos/gen/envoy/data/accesslog/v3/HTTPAccessLogEntry.ts';
import type { AccessLogServiceHandlers } from '../protos/gen/envoy/service/accesslog/v3/AccessLogService.ts';
import type { StreamAccessLogsMessage__Output } from '../protos/gen/envoy/service/accesslog/v3/StreamAccessLogsMessage.ts';
import type { SlotServiceHandlers } from '../protos/gen/mcp_gateway/v1/SlotService.ts';
import { accessLogService, slotService } from '../protos/load.ts';
import { Slots } from './slots.ts';

/** How long a request waits for a place: more than the news of an end takes, and too little to be felt. */
const PATIENCE_MS = 50;

/** Namespace of the metadata in which ext-authz names the place. */
const NAMESPACE = 'envoy.filters.http.ext_authz';

/** Counts what is open of each tenant: ext-authz takes places, Envoy's access log gives them back. */
export class SlotService {
  readonly #slots = new Slots();
  /** Streams of access logs: one for each worker thread of Envoy. */
  #logs = 0;

  /** Adds `mcp_gateway.v1.SlotService` and `envoy.service.accesslog.v3.AccessLogService` to a server. */
  addTo(server: Server): void {
    const slots: SlotServiceHandlers = {
      Acquire: (call, callback) => {
        const { slot = '', tenant = '', stream = false, max = 0 } = call.request;
        const group = `${tenant}/${stream ? 'streams' : 'requests'}`;
        void this.#slots.acquire(group, slot, max, PATIENCE_MS).then((granted) => {
          if (granted && call.cancelled) this.#slots.release(slot);
          callback(null, { granted });
        });
      },
      Release: (call, callback) => {
        this.#slots.release(call.request.slot ?? '');
        callback(null, {});
      },
    };
    server.addService(slotService(), { ...slots });
    const accessLog: AccessLogServiceHandlers = {
      StreamAccessLogs: (stream) => {
        stream.on('data', (message: StreamAccessLogsMessage__Output) => {
          for (const entry of message.httpLogs?.logEntry ?? []) this.#hear(entry);
        });
        stream.on('error', () => undefined);
        // Envoy ends the last of them only by leaving, and what it knew of has ended with it.
        this.#logs += 1;
        stream.on('close', () => {
          this.#logs -= 1;
          if (this.#logs === 0) this.#slots.clear();
        });
      },
    };
    server.addService(accessLogService(), { ...accessLog });
  }

  #hear({ commonProperties }: HTTPAccessLogEntry__Output): void {
    const slot = commonProperties?.metadata?.filterMetadata?.[NAMESPACE]?.fields?.slot?.stringValue;
    if (slot === undefined) return;
    if (commonProperties?.accessLogType === 'DownstreamEnd') this.#slots.release(slot);
    else this.#slots.renew(slot);
  }
}
