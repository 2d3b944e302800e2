import { credentials } from '@grpc/grpc-js';
import type { GetStatusResponse__Output } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { statusClient } from '../../protos/load.ts';
import { unaryOnce } from '../grpc/unary.ts';

const TIMEOUT_MS = 2_000;

/** Asks the watcher on a Unix socket for the state of the backends. Rejects if it does not answer within 2 s. */
export function askStatus(socket: string): Promise<GetStatusResponse__Output> {
  const client = new (statusClient())(`unix:${socket}`, credentials.createInsecure());
  return unaryOnce(client, (service, callback) =>
    service.GetStatus({}, { deadline: Date.now() + TIMEOUT_MS }, callback),
  );
}
