/** A key of a tenant in Redis. The braces are the hash tag that keeps all of its keys on one node of a cluster. */
export const tenantKey = (tenant: string, rest: string) => `mcpgw:{${tenant}}:${rest}`;

/** The key of a bucket. */
export const bucketKey = (tenant: string, bucket: string) => tenantKey(tenant, `bucket:${bucket}`);

/**
 * The key of the tombstones of an owner of sessions: a sorted set of fingerprints, each with its time of issue in seconds since the epoch. The
 * member {@link WATERMARK} means that all sessions of the owner issued no later than its score are ended.
 */
export const tombstonesKey = (tenant: string, owner: string) => tenantKey(tenant, `ended:${owner}`);

/** See {@link tombstonesKey}. */
export const WATERMARK = 'until';
