import type { Server } from '@grpc/grpc-js';
import type { HTTPAccessLogEntry__Output } from '../../protos/gen/envoy/data/accesslog/v3/HTTPAccessLogEntry.ts';
import type { AccessLogServiceHandlers } from '../../protos/gen/envoy/service/accesslog/v3/AccessLogService.ts';
import type { StreamAccessLogsMessage__Output } from '../../protos/gen/envoy/service/accesslog/v3/StreamAccessLogsMessage.ts';
import { accessLogService } from '../../protos/load.ts';

/** The reader of one of Envoy's access logs. */
export interface AccessLogReader {
  /** Takes an entry. */
  read(entry: HTTPAccessLogEntry__Output): void;
  /** Called when the last stream of the log has closed: Envoy closes it only when it exits, and its requests end with it. */
  onClosed?(): void;
}

/**
 * Adds `envoy.service.accesslog.v3.AccessLogService` to a server.
 *
 * @param readers by the `log_name` in envoy.yaml; entries of other logs are ignored
 */
export function addAccessLogs(server: Server, readers: Readonly<Record<string, AccessLogReader>>): void {
  /** Open streams by log. Each worker thread of Envoy has one for each log. */
  const open = new Map<string, number>();
  const handlers: AccessLogServiceHandlers = {
    StreamAccessLogs: (stream) => {
      let log: string | undefined;
      stream.on('data', ({ identifier, httpLogs }: StreamAccessLogsMessage__Output) => {
        // Envoy names the log in the first message only.
        if (log === undefined) {
          log = identifier?.logName ?? '';
          open.set(log, (open.get(log) ?? 0) + 1);
        }
        for (const entry of httpLogs?.logEntry ?? []) readers[log]?.read(entry);
      });
      stream.on('error', () => undefined);
      stream.on('close', () => {
        if (log === undefined) return;
        const left = (open.get(log) ?? 1) - 1;
        open.set(log, left);
        if (left === 0) readers[log]?.onClosed?.();
      });
    },
  };
  server.addService(accessLogService(), { ...handlers });
}
