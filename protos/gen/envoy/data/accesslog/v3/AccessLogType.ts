// Original file: protos/envoy/data/accesslog/v3/accesslog.proto

export const AccessLogType = {
  NotSet: 'NotSet',
  DownstreamStart: 'DownstreamStart',
  /**
   * It goes on.
   */
  DownstreamPeriodic: 'DownstreamPeriodic',
  /**
   * It ended.
   */
  DownstreamEnd: 'DownstreamEnd',
} as const;

export type AccessLogType =
  | 'NotSet'
  | 0
  | 'DownstreamStart'
  | 4
  /**
   * It goes on.
   */
  | 'DownstreamPeriodic'
  | 5
  /**
   * It ended.
   */
  | 'DownstreamEnd'
  | 6

export type AccessLogType__Output = typeof AccessLogType[keyof typeof AccessLogType]
