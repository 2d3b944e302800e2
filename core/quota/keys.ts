/** A key of a tenant in Redis. The braces are the hash tag that keeps all of its keys on one node of a cluster. */
export const tenantKey = (tenant: string, rest: string) => `mcpgw:{${tenant}}:${rest}`;

/** The key of a bucket. */
export const bucketKey = (tenant: string, bucket: string) => tenantKey(tenant, `bucket:${bucket}`);

/** The key of the tombstone of an ended session. It exists as long as a client could still send the sealed id. */
export const tombstoneKey = (tenant: string, fingerprint: string) => tenantKey(tenant, `ended:${fingerprint}`);
