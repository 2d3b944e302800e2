import { MAX_NAME_LENGTH } from './filter.ts';

/** A URI with more readings than this, or with a longer one than {@link MAX_NAME_LENGTH}, is denied. */
const MAX_READINGS = 16;

/** What a server may take for the end of a path segment. `;` starts path parameters in some frameworks. */
const SEGMENT_END = /[/\\?#;]/;

/** Links of Linux from one path to another place in the file system. */
const PROC_LINK =
  /(?:^|\/)(?:proc\/+(?:self|thread-self|\d+)(?:\/+task\/+\d+)?\/+(?:root|cwd|exe|fd|map_files)|dev\/+fd)(?:\/|$)/i;

/** A URI that every reader takes for the same text: the host, if any, is not an IP address in disguise. */
const PLAIN = /^(?:file:\/\/|https?:\/\/(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)(?:\/[\w~-][\w.~-]*)+$/;

/** Whether every reader takes a URI for the same text. Only such a URI is compared with rules as it is. */
export function isPlainUri(uri: string): boolean {
  return PLAIN.test(uri);
}

/**
 * Every text that a server may read a URI as: it may decode `%62`, also twice, resolve it as a URL, take `\` or `//` for `/`,
 * pass over the host of a `file:` URI or take it for the first folder, and fold compatibility characters. Undefined if there are
 * more than {@link MAX_READINGS}, or if one is longer than {@link MAX_NAME_LENGTH}.
 */
export function readingsOf(uri: string): readonly string[] | undefined {
  if (isPlainUri(uri)) return [uri];
  const readings = new Set([uri]);
  // A set is iterated in the order of insertion, including what is added on the way.
  for (const reading of readings) {
    if (readings.size > MAX_READINGS || reading.length > MAX_NAME_LENGTH) return undefined;
    for (const read of READERS) for (const text of read(reading)) readings.add(text);
  }
  return [...readings];
}

/**
 * Whether a reading can lead out of the folder that its text names: by a dot segment, also after `?` or `#`, since a server may
 * take all of the text for a path; by a link in /proc; or by a control character at which a server may cut it off.
 */
export function isDetour(reading: string): boolean {
  return (
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    /[\u0000-\u001f\u007f]/.test(reading) ||
    reading.split(SEGMENT_END).some((segment) => /^\.{1,2}\s*$/.test(segment)) ||
    PROC_LINK.test(reading)
  );
}

/** A URI without the parts that a server may ignore: user, query and fragment. */
export function essenceOf(uri: string): string {
  const url = URL.parse(uri);
  if (url === null) return uri;
  [url.username, url.password, url.search, url.hash] = ['', '', '', ''];
  return url.href;
}

const FILE = /^file:\/\/([^/]*)(\/.*)?$/is;
const DRIVE = /^(file:\/{1,3})([a-z])[:|]/i;

/** Each returns the other texts that one kind of server would use in place of a text. */
const READERS: readonly ((text: string) => readonly string[])[] = [
  (text) => [URL.parse(text)?.href ?? text],
  // Bytes that are not UTF-8 are replaced, as lenient servers do, so that they do not hide the rest.
  (text) => [
    text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8')),
  ],
  (text) => [text.replaceAll('\\', '/')],
  // In a file system, unlike in a URL, `a//..` is `a`.
  (text) => [text.replace(/(?<=^[a-z][a-z0-9+.-]*:\/\/.*)\/{2,}/gis, '/')],
  (text) => {
    const [, host = '', path = ''] = FILE.exec(text) ?? [];
    return host === '' ? [] : [`file://${path}`, `file:///${host}${path}`];
  },
  (text) => {
    const [start, scheme = '', drive = ''] = DRIVE.exec(text) ?? [];
    return start === undefined ? [] : [`${scheme}${drive.toUpperCase()}:${text.slice(start.length)}`];
  },
  (text) => [text.normalize('NFKC')],
];
