import { backendUrl, METADATA_PATH, type PolicySettings } from '../../core/policy/policy.ts';

/** What is wrong with a token (RFC 6750, section 3.1). */
export interface ChallengeError {
  error: 'invalid_token' | 'insufficient_scope';
  description: string;
}

/**
 * The `WWW-Authenticate` header of a denial (RFC 6750, section 3; RFC 9728, section 5.1).
 *
 * @param scopes scopes that the client should request
 * @param problem only if a token was sent
 */
export function challenge(
  settings: PolicySettings,
  backend: string,
  scopes: readonly string[],
  problem?: ChallengeError,
): Record<string, string> {
  const metadata = `${settings.publicUrl}${METADATA_PATH}${backendUrl({ publicUrl: '' }, backend)}`;
  const parts = [`resource_metadata="${metadata}"`];
  if (scopes.length > 0) parts.push(`scope="${scopes.join(' ')}"`);
  if (problem !== undefined) {
    // RFC 6750, section 3, allows only these characters in error_description.
    const description = problem.description.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
    parts.unshift(`error="${problem.error}"`, `error_description="${description}"`);
  }
  return { 'www-authenticate': `Bearer ${parts.join(', ')}` };
}
