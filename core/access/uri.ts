/** Authority and path: what is between `scheme://` and `?` or `#`. */
const PATH = /(?<=^[a-z][a-z0-9+.-]*:\/\/)[^?#]*/i;

/** More ways to write one URI are a trick. */
const MAX_SPELLINGS = 16;

/**
 * Every way in which a server may read a URI: it may resolve `a/../b`, decode `%62`, also twice, and take `\` or `//` for `/`
 * before it looks. Undefined when there is no end to them.
 */
export function spellingsOf(uri: string): string[] | undefined {
  const spellings = new Set([uri]);
  // What is added on the way is looked at as well.
  for (const spelling of spellings) {
    if (spellings.size > MAX_SPELLINGS) return undefined;
    spellings.add(hrefOf(spelling));
    spellings.add(decoded(spelling));
    spellings.add(spelling.replaceAll('\\', '/'));
    // In a file system, unlike in a URL, `a//..` is where `a` is.
    spellings.add(spelling.replace(PATH, (path) => path.replace(/\/{2,}/g, '/')));
  }
  return [...spellings];
}

/** What is left of a URI without what a server may pass over: user, query and fragment. */
export function essenceOf(uri: string): string {
  const url = URL.parse(uri);
  if (url === null) return uri;
  [url.username, url.password, url.search, url.hash] = ['', '', '', ''];
  return url.href;
}

function hrefOf(uri: string): string {
  return URL.parse(uri)?.href ?? uri;
}

// Bytes that are no UTF-8 are replaced, as lenient servers do, so that they do not hide the rest.
function decoded(uri: string): string {
  return uri.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
}
