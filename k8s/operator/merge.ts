/** Any JSON value. */
type Json = unknown;

/** The key that identifies the items of a list, as in the strategic merge patch of a pod. Other lists are replaced as a whole. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
};

/**
 * Merges a patch into a pod template: objects by key, lists of named items by name; everything else is replaced. `null` removes a key
 * (RFC 7386). New named items are appended.
 */
export function mergeTemplate(base: Json, patch: Json, key = ''): Json {
  if (isObject(base) && isObject(patch)) {
    const merged = new Map(Object.entries(base));
    for (const [name, value] of Object.entries(patch)) {
      if (value === null) merged.delete(name);
      else merged.set(name, mergeTemplate(merged.get(name), value, name));
    }
    return Object.fromEntries(merged);
  }
  const mergeKey = MERGE_KEYS[key];
  if (mergeKey !== undefined && Array.isArray(base) && Array.isArray(patch)) return mergeLists(base, patch, mergeKey);
  return isObject(patch) ? mergeTemplate({}, patch, key) : patch;
}

function mergeLists(base: Json[], patch: Json[], mergeKey: string): Json[] {
  const idOf = (item: Json) => (isObject(item) ? item[mergeKey] : undefined);
  const merged = [...base];
  for (const item of patch) {
    const at = merged.findIndex((known) => idOf(known) !== undefined && idOf(known) === idOf(item));
    if (at === -1) merged.push(mergeTemplate(undefined, item));
    else merged[at] = mergeTemplate(merged[at], item);
  }
  return merged;
}

/** Whether a value is an object with keys, not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
