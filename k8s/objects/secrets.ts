import { z } from 'zod';

const secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** The texts of a Secret by key. Values that are not UTF-8 are read as if they were. Throws if the object is not a Secret. */
export function secretTexts(object: unknown): ReadonlyMap<string, string> {
  const texts = Object.entries(secret.parse(object).data).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return new Map(texts);
}
