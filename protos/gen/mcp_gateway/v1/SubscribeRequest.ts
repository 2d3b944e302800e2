// Original file: protos/mcp_gateway/v1/policy.proto

import type { Long } from '@grpc/proto-loader';

export interface SubscribeRequest {
  /**
   * Name of the subscribing process, for the watcher's log.
   */
  'subscriber'?: (string);
  /**
   * Version of the update that is in force; 0 in the first message.
   */
  'appliedVersion'?: (number | string | Long);
  /**
   * The subscriber decides about no requests, so it needs no ended sessions, and EndSession does not wait for it.
   */
  'withoutEndedSessions'?: (boolean);
}

export interface SubscribeRequest__Output {
  /**
   * Name of the subscribing process, for the watcher's log.
   */
  'subscriber'?: (string);
  /**
   * Version of the update that is in force; 0 in the first message.
   */
  'appliedVersion'?: (number);
  /**
   * The subscriber decides about no requests, so it needs no ended sessions, and EndSession does not wait for it.
   */
  'withoutEndedSessions'?: (boolean);
}
