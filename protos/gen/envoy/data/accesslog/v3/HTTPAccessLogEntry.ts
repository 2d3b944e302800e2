// Original file: protos/envoy/data/accesslog/v3/accesslog.proto

import type { AccessLogCommon as _envoy_data_accesslog_v3_AccessLogCommon, AccessLogCommon__Output as _envoy_data_accesslog_v3_AccessLogCommon__Output } from '../../../../envoy/data/accesslog/v3/AccessLogCommon.ts';

export interface HTTPAccessLogEntry {
  'commonProperties'?: (_envoy_data_accesslog_v3_AccessLogCommon | null);
}

export interface HTTPAccessLogEntry__Output {
  'commonProperties'?: (_envoy_data_accesslog_v3_AccessLogCommon__Output);
}
