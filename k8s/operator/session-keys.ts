import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { SECRETS } from '../api/resources.ts';
import type { Writer } from './writer.ts';

/** Key of the Secret that holds the keys that seal sessions, one a line. */
const SESSION_KEYS_KEY = 'session-keys';

/**
 * Makes the session keys where there are none. A Secret that is there is never changed, whatever it holds: whoever rotates the keys
 * does it there.
 *
 * @returns whether it was made
 * @throws ApiError
 */
export async function ensureSessionKeys(
  client: KubeClient,
  writer: Writer,
  namespace: string,
  name: string,
): Promise<boolean> {
  try {
    await client.get(SECRETS, { namespace, name });
    return false;
  } catch (error) {
    if (!isApiError(error, 'not-found')) throw error;
  }
  const labels = { 'app.kubernetes.io/name': 'mcp-gateway', 'app.kubernetes.io/managed-by': 'mcp-gateway-operator' };
  const stringData = { [SESSION_KEYS_KEY]: `${randomBytes(32).toString('base64')}\n` };
  const body = { metadata: { name, namespace, labels }, type: 'Opaque', stringData };
  try {
    await writer.create({ resource: SECRETS, namespace }, body);
    return true;
  } catch (error) {
    if (isApiError(error, 'already-exists')) return false;
    throw error;
  }
}
