/** Client metadata (RFC 7591) that a registration may set itself. `scope` is not among them: every client may ask for any. */
const KEPT = new Set(['client_id', 'client_id_issued_at', 'client_name', 'client_uri', 'redirect_uris']);

/**
 * What every client is: public and native. A native client may use any port of a loopback redirect URI (RFC 8252, section
 * 7.3), may not use plain http elsewhere, and is shown the login page every time.
 */
export const CLIENT_DEFAULTS = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

/**
 * Reduces the metadata of a registration in place, so that `CLIENT_DEFAULTS` fill the rest. RFC 7591, section 2, lets a
 * server replace values, and the answer tells the client. Refusing them instead would lock out clients that ask for more
 * than this issuer has, such as a device grant or a secret. URLs that the issuer would fetch (`jwks_uri`) go as well.
 */
export function applyClientPolicy(metadata: Record<string, unknown>): void {
  for (const name of Object.keys(metadata)) {
    if (!KEPT.has(name)) delete metadata[name];
  }
}
