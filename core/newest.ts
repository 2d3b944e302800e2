/** Sets an entry of a map as its newest. If the map then has more than `most` entries, the oldest is removed. */
export function setNewest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map;
  if (oldest !== undefined) map.delete(oldest[0]);
}
