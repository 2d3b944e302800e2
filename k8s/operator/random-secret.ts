import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { SECRETS } from '../api/resources.ts';
import type { Writer } from './writer.ts';

/** Key in the Secret that the gateway sends to the process that serves the admin tools. */
export const ADMIN_TOOLS_KEY = 'secret';

/**
 * Creates a Secret with 32 random bytes, in base64, if it does not exist. An existing Secret is never changed, whatever it holds: it
 * is rotated in place.
 *
 * @returns whether it was created
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
