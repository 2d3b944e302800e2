import { parseTree } from 'jsonc-parser';

/** Keys that a JSON object has more than once, which `JSON.parse` does not show. */
export function repeatedKeys(text: string): string[] {
  const keys = (parseTree(text)?.children ?? []).map(({ children }) => String(children?.[0]?.value));
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}
