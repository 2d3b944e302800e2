// Original file: protos/mcp_gateway/v1/policy.proto

/**
 * Where quotas are kept.
 */
export interface QuotaStore {
  /**
   * Empty: in the memory of each process.
   */
  'redisUrl'?: (string);
  /**
   * Absolute paths of files that hold the password and the PEM of authorities; empty: none.
   */
  'redisPasswordFile'?: (string);
  'redisCaFile'?: (string);
  /**
   * Longest wait for an answer.
   */
  'deadlineMs'?: (number);
  /**
   * While Redis cannot be asked, requests with a quota are refused; else each process gives out its share.
   */
  'refuseWithoutRedis'?: (boolean);
  /**
   * Processes of all gateways that share the quotas.
   */
  'processes'?: (number);
  /**
   * How many gateways there are.
   */
  'gateways'?: (number);
}

/**
 * Where quotas are kept.
 */
export interface QuotaStore__Output {
  /**
   * Empty: in the memory of each process.
   */
  'redisUrl'?: (string);
  /**
   * Absolute paths of files that hold the password and the PEM of authorities; empty: none.
   */
  'redisPasswordFile'?: (string);
  'redisCaFile'?: (string);
  /**
   * Longest wait for an answer.
   */
  'deadlineMs'?: (number);
  /**
   * While Redis cannot be asked, requests with a quota are refused; else each process gives out its share.
   */
  'refuseWithoutRedis'?: (boolean);
  /**
   * Processes of all gateways that share the quotas.
   */
  'processes'?: (number);
  /**
   * How many gateways there are.
   */
  'gateways'?: (number);
}
