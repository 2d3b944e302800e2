/** Client metadata (RFC 7591) that a registration may choose. `scope` is missing, because every client may request any scope. */
const KEPT = new Set(['client_id', 'client_id_issued_at', 'client_name', 'client_uri', 'redirect_uris']);

/**
 * Every client is public and native. A native client may use any port of a loopback redirect URI (RFC 8252, section 7.3) and
 * no other plain http URI, and it gets the login page every time.
 */
export const CLIENT_DEFAULTS = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

/**
 * Removes all metadata from a registration that it may not choose, in place, so that `CLIENT_DEFAULTS` apply. RFC 7591,
 * section 2, lets a server replace values, and the response shows them to the client. Rejecting them instead would lock out
 * clients that request more than this issuer supports, such as a device grant or a secret. Also removes URLs that the issuer
 * would fetch (`jwks_uri`).
 */
export function applyClientPolicy(metadata: Record<string, unknown>): void {
  for (const name of Object.keys(metadata)) {
    if (!KEPT.has(name)) delete metadata[name];
  }
}
