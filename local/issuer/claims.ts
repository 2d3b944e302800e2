import { MCP_SCOPE } from '../../core/identity/scope.ts';

/** The scopes in the discovery document. Those of the gateway's resources are not listed, because they change. */
export const SCOPES = ['openid', 'offline_access', MCP_SCOPE];

/** Lifetime of an access token from a login, in seconds. */
export const ACCESS_TOKEN_SECONDS = 3600;

/** The default subject. */
export const DEFAULT_SUBJECT = 'developer';

/** The default tenant of development tokens. */
export const DEFAULT_TENANT = 'engineering';

/** The pattern of `isSubject`, for messages and for the `pattern` attribute of the login form. */
export const SUBJECT_PATTERN = '[A-Za-z0-9._@+\\-]{1,64}';

/** Whether a text is valid as the subject of a development token. */
export function isSubject(text: string): boolean {
  return new RegExp(`^${SUBJECT_PATTERN}$`).test(text);
}
