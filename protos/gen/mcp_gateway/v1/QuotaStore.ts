// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * Where the buckets of quotas are kept.
 */
export interface QuotaStore {
  /**
   * Empty: in the memory of each process.
   */
  'redisUrl'?: (string);
  /**
   * Absolute paths of the file with the password and of the PEM file with certificate authorities; empty: none.
   */
  'redisPasswordFile'?: (string);
  'redisCaFile'?: (string);
  /**
   * Longest wait for an answer from Redis.
   */
  'deadlineMs'?: (number);
  /**
   * While Redis does not answer: true denies requests that have a quota, false lets each process hand out its share.
   */
  'denyWithoutRedis'?: (boolean);
  /**
   * Number of ext-authz processes of all gateways that share the quotas.
   */
  'processes'?: (number);
  /**
   * Number of gateways.
   */
  'gateways'?: (number);
}

/**
 * Where the buckets of quotas are kept.
 */
export interface QuotaStore__Output {
  /**
   * Empty: in the memory of each process.
   */
  'redisUrl'?: (string);
  /**
   * Absolute paths of the file with the password and of the PEM file with certificate authorities; empty: none.
   */
  'redisPasswordFile'?: (string);
  'redisCaFile'?: (string);
  /**
   * Longest wait for an answer from Redis.
   */
  'deadlineMs'?: (number);
  /**
   * While Redis does not answer: true denies requests that have a quota, false lets each process hand out its share.
   */
  'denyWithoutRedis'?: (boolean);
  /**
   * Number of ext-authz processes of all gateways that share the quotas.
   */
  'processes'?: (number);
  /**
   * Number of gateways.
   */
  'gateways'?: (number);
}
