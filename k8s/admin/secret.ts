import type { KubeClient } from '../api/client.ts';
import { type ObjectRef, SECRETS } from '../api/resources.ts';
import { secretTexts } from '../objects/secrets.ts';
import { withUserErrors } from './errors.ts';

/** A text of a Secret; undefined if it has no such key. Throws a UserError. */
export async function readSecret(client: KubeClient, ref: ObjectRef, key: string): Promise<string | undefined> {
  const object = await withUserErrors(() => client.get(SECRETS, ref));
  return secretTexts(object).get(key);
}
