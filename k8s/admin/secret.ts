import { z } from 'zod';
import type { KubeClient } from '../api/client.ts';
import { type ObjectRef, SECRETS } from '../api/resources.ts';
import { inWords } from './errors.ts';

const secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** A text of a Secret; undefined where it has no such key. Throws a UserError. */
export async function readSecret(client: KubeClient, place: ObjectRef, key: string): Promise<string | undefined> {
  const object = await inWords(() => client.get(SECRETS, place));
  const encoded = secret.parse(object).data[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}
