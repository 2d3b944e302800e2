/**
 * Finds the resource that a resource indicator (RFC 8707) names, and returns it in the gateway's spelling; undefined if there
 * is none.
 *
 * URLs are compared after parsing, which normalizes the case of scheme and host and the default port. A trailing slash is
 * ignored only at the root: `http://host` and `http://host/` are one URL by RFC 3986, `/a` and `/a/` are two.
 */
export function findResource(indicator: string, served: readonly string[]): string | undefined {
  const wanted = URL.parse(indicator)?.href;
  if (wanted === undefined) return undefined;
  return served.find((resource) => URL.parse(resource)?.href === wanted);
}
