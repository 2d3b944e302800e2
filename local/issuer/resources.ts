/**
 * The resource of the gateway that a resource indicator (RFC 8707) names, spelled as the gateway spells it, or undefined.
 *
 * Two URLs are the same after URL parsing (case of scheme and host, default port). A trailing slash is ignored at the root
 * only: `http://host` and `http://host/` are one URL by RFC 3986, `/a` and `/a/` are two.
 */
export function findResource(indicator: string, served: readonly string[]): string | undefined {
  const wanted = URL.parse(indicator)?.href;
  if (wanted === undefined) return undefined;
  return served.find((resource) => URL.parse(resource)?.href === wanted);
}
