import type { Server } from '@grpc/grpc-js';
import { METADATA_NAMESPACE, type MetadataReadBy } from '../core/lane/metadata.ts';
import type { HTTPAccessLogEntry__Output } from '../protos/gen/envoy/data/accesslog/v3/HTTPAccessLogEntry.ts';
import type { Value__Output } from '../protos/gen/google/protobuf/Value.ts';
import type { SlotServiceHandlers } from '../protos/gen/mcp_gateway/v1/SlotService.ts';
import { slotService } from '../protos/load.ts';
import type { AccessLogReader } from '../runtime/grpc/access-logs.ts';
import { SlotWaits } from './slot-waits.ts';

/**
 * How long a request waits for a slot. When a request follows the end of another one, it arrives before the log entry of that end;
 * the wait covers this delay and is too short to notice.
 */
const WAIT_MS = 50;

/** The entries of the metadata that this service reads. */
type Fields = { readonly [key in MetadataReadBy<'ledger'>]?: Value__Output };

/** Counts the open requests and streams of each tenant: ext-authz acquires slots, Envoy's access log releases them. */
export class SlotService implements AccessLogReader {
  readonly #slots = new SlotWaits();

  /** Adds `mcp_gateway.v1.SlotService` to a server. */
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
  }

  /** Takes an entry of the access log `slots`. */
  read({ commonProperties }: HTTPAccessLogEntry__Output): void {
    const fields: Fields = commonProperties?.metadata?.filterMetadata?.[METADATA_NAMESPACE]?.fields ?? {};
    const slot = fields.slot?.stringValue;
    if (slot === undefined) return;
    if (commonProperties?.accessLogType === 'DownstreamEnd') this.#slots.release(slot);
    else this.#slots.renew(slot);
  }

  onClosed(): void {
    this.#slots.clear();
  }
}
