import type { Server } from '@grpc/grpc-js';
import { METADATA_NAMESPACE, type MetadataReadBy } from '../core/lane/metadata.ts';
import type { HTTPAccessLogEntry__Output } from '../protos/gen/envoy/data/accesslog/v3/HTTPAccessLogEntry.ts';
import type { AccessLogServiceHandlers } from '../protos/gen/envoy/service/accesslog/v3/AccessLogService.ts';
import type { StreamAccessLogsMessage__Output } from '../protos/gen/envoy/service/accesslog/v3/StreamAccessLogsMessage.ts';
import type { Value__Output } from '../protos/gen/google/protobuf/Value.ts';
import type { SlotServiceHandlers } from '../protos/gen/mcp_gateway/v1/SlotService.ts';
import { accessLogService, slotService } from '../protos/load.ts';
import { SlotWaits } from './slot-waits.ts';

/**
 * How long a request waits for a slot. When a request follows the end of another one, it arrives before the log entry of that end;
 * the wait covers this delay and is too short to notice.
 */
const WAIT_MS = 50;

/** The entries of the metadata that this service reads. */
type Fields = { readonly [key in MetadataReadBy<'ledger'>]?: Value__Output };

/** Counts the open requests and streams of each tenant: ext-authz acquires slots, Envoy's access log releases them. */
export class SlotService {
  readonly #slots = new SlotWaits();
  /** Number of access log streams that are open; each worker thread of Envoy has one. */
  #logs = 0;

  /** Adds `mcp_gateway.v1.SlotService` and `envoy.service.accesslog.v3.AccessLogService` to a server. */
  addTo(server: Server): void {
    const slots: SlotServiceHandlers = {
      Acquire: (call, callback) => {
        const { slot = '', tenant = '', stream = false, limit = 0 } = call.request;
        const group = `${tenant}/${stream ? 'streams' : 'requests'}`;
        void this.#slots.acquire({ group, slot, limit }, WAIT_MS).then((acquired) => {
          if (acquired && call.cancelled) this.#slots.release(slot);
          callback(null, { acquired });
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
          for (const entry of message.httpLogs?.logEntry ?? []) this.#read(entry);
        });
        stream.on('error', () => undefined);
        // Envoy closes its last stream only when it exits, and its requests end with it.
        this.#logs += 1;
        stream.on('close', () => {
          this.#logs -= 1;
          if (this.#logs === 0) this.#slots.clear();
        });
      },
    };
    server.addService(accessLogService(), { ...accessLog });
  }

  #read({ commonProperties }: HTTPAccessLogEntry__Output): void {
    const fields: Fields = commonProperties?.metadata?.filterMetadata?.[METADATA_NAMESPACE]?.fields ?? {};
    const slot = fields.slot?.stringValue;
    if (slot === undefined) return;
    if (commonProperties?.accessLogType === 'DownstreamEnd') this.#slots.release(slot);
    else this.#slots.renew(slot);
  }
}
