import { MCP_SCOPE } from '../../core/identity/scope.ts';

/** The scopes in the discovery document of the development issuer. Those of the gateway's resources come and go. */
export const SCOPES = ['openid', 'offline_access', MCP_SCOPE];

/** Lifetime of an access token that a login gives, in seconds. */
export const ACCESS_TOKEN_SECONDS = 3600;

/** Who signs in when nobody says otherwise. */
export const DEFAULT_SUBJECT = 'developer';

/** The tenant of development tokens when nobody says otherwise. */
export const DEFAULT_TENANT = 'engineering';

/** What `isSubject` accepts, for messages and for the `pattern` of the login form. */
export const SUBJECT_PATTERN = '[A-Za-z0-9._@+\\-]{1,64}';

/** Whether a text can be the subject of a development token. */
export function isSubject(text: string): boolean {
  return new RegExp(`^${SUBJECT_PATTERN}$`).test(text);
}
