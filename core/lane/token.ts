/** An access token as Envoy and ext-authz recognize it: the compact form of a signed JWT (RFC 7515, section 7.1). */
export const TOKEN_PATTERN = '[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+';

/** Routes of requests that cannot be allowed. Their cluster is named by the lane, which such a request does not have. */
export const DEAD_ENDS = ['no-token', 'preflight', 'large-body', 'no-lane'] as const;
