// Original file: protos/envoy/data/accesslog/v3/accesslog.proto

export const AccessLogType = {
  NotSet: 'NotSet',
  DownstreamStart: 'DownstreamStart',
  /**
   * The request is still open.
   */
  DownstreamPeriodic: 'DownstreamPeriodic',
  /**
   * The request has ended.
   */
  DownstreamEnd: 'DownstreamEnd',
} as const;

export type AccessLogType =
  | 'NotSet'
  | 0
  | 'DownstreamStart'
  | 4
  /**
   * The request is still open.
   */
  | 'DownstreamPeriodic'
  | 5
  /**
   * The request has ended.
   */
  | 'DownstreamEnd'
  | 6

export type AccessLogType__Output = typeof AccessLogType[keyof typeof AccessLogType]
