/** Authority and path: the part between `scheme://` and `?` or `#`. */
const PATH = /(?<=^[a-z][a-z0-9+.-]*:\/\/)[^?#]*/i;

/** A URI with more spellings than this is an attempt to get around a filter. */
const MAX_SPELLINGS = 16;

/**
 * Every form in which a server may read a URI: before it looks the URI up, it may resolve `a/../b`, decode `%62` once or more, and
 * treat `\` or `//` as `/`. Undefined if there are more than {@link MAX_SPELLINGS}.
 */
export function spellingsOf(uri: string): string[] | undefined {
  const spellings = new Set([uri]);
  // The loop also visits spellings that are added during it.
  for (const spelling of spellings) {
    if (spellings.size > MAX_SPELLINGS) return undefined;
    spellings.add(hrefOf(spelling));
    spellings.add(decoded(spelling));
    spellings.add(spelling.replaceAll('\\', '/'));
    // In a file system, unlike in a URL, `a//..` is the folder that contains `a`.
    spellings.add(spelling.replace(PATH, (path) => path.replace(/\/{2,}/g, '/')));
  }
  return [...spellings];
}

/** A URI without the parts that a server may ignore: user, password, query and fragment. */
export function essenceOf(uri: string): string {
  const url = URL.parse(uri);
  if (url === null) return uri;
  [url.username, url.password, url.search, url.hash] = ['', '', '', ''];
  return url.href;
}

function hrefOf(uri: string): string {
  return URL.parse(uri)?.href ?? uri;
}

// Bytes that are not UTF-8 are replaced, as lenient servers do, so that they do not hide the rest.
function decoded(uri: string): string {
  return uri.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
}
