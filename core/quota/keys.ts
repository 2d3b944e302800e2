/** Keys of one tenant in Redis; the braces are the hash tag that keeps them on one node of a cluster. */
export const tenantKey = (tenant: string, rest: string) => `mcpgw:{${tenant}}:${rest}`;

/** Where a bucket is kept. */
export const bucketKey = (tenant: string, bucket: string) => tenantKey(tenant, `bucket:${bucket}`);

/** There as long as the token of a session that was ended might still be sent. */
export const tombstoneKey = (tenant: string, fingerprint: string) => tenantKey(tenant, `ended:${fingerprint}`);
