/** Puts an entry at the newest end of a map that is to hold at most so many: the oldest one goes where it is full. */
export function setNewest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map;
  if (oldest !== undefined) map.delete(oldest[0]);
}
