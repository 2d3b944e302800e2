import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { SECRETS } from '../api/resources.ts';
import type { Writer } from './writer.ts';

/** Key of the Secret that the gateway shows to whoever serves its own tools. */
export const OWN_TOOLS_KEY = 'secret';

/**
 * Makes a Secret of 32 random bytes, in base64, where there is none. One that is there is never changed, whatever it holds: whoever
 * rotates it does it there.
 *
 * @returns whether it was made
 * @throws ApiError
 */
export async function ensureRandomSecret(
  client: KubeClient,
  writer: Writer,
  { namespace, name, key }: { namespace: string; name: string; key: string },
): Promise<boolean> {
  try {
    await client.get(SECRETS, { namespace, name });
    return false;
  } catch (error) {
    if (!isApiError(error, 'not-found')) throw error;
  }
  const labels = { 'app.kubernetes.io/name': 'mcp-gateway', 'app.kubernetes.io/managed-by': 'mcp-gateway-operator' };
  const stringData = { [key]: `${randomBytes(32).toString('base64')}\n` };
  const body = { metadata: { name, namespace, labels }, type: 'Opaque', stringData };
  try {
    await writer.create({ resource: SECRETS, namespace }, body);
    return true;
  } catch (error) {
    if (isApiError(error, 'already-exists')) return false;
    throw error;
  }
}
