import { credentials } from '@grpc/grpc-js';
import type { GetStatusResponse__Output } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { policyClient } from '../../protos/load.ts';

const TIMEOUT_MS = 2_000;

/** Asks a watcher on its Unix socket what the backends are doing. Rejects when nobody answers. */
export async function askStatus(socket: string): Promise<GetStatusResponse__Output> {
  const client = new (policyClient())(`unix:${socket}`, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client.GetStatus({}, { deadline: Date.now() + TIMEOUT_MS }, (error, response) => {
        if (error || response === undefined) reject(error ?? new Error('no answer'));
        else resolve(response);
      });
    });
  } finally {
    client.close();
  }
}
