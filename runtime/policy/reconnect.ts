import type { ClientOptions } from '@grpc/grpc-js';

/** Reconnects to a restarted watcher within about a second; the defaults of gRPC wait for up to two minutes. */
export const RECONNECT: ClientOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};
