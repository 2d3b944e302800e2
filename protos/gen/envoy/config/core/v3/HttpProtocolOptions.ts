// Original file: protos/envoy/config/core/v3/protocol.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.ts';

export interface HttpProtocolOptions {
  'idleTimeout'?: (_google_protobuf_Duration | null);
  'maxConnectionDuration'?: (_google_protobuf_Duration | null);
}

export interface HttpProtocolOptions__Output {
  'idleTimeout'?: (_google_protobuf_Duration__Output);
  'maxConnectionDuration'?: (_google_protobuf_Duration__Output);
}
