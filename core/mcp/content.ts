import { isJsonContentType } from '@modelcontextprotocol/server';
import { type Denial, deny } from './denial.ts';

/**
 * Denies bodies that a server would not read as plain UTF-8. Servers decode a body as its headers demand, so the server may see a
 * different tool name: `get_+AGEAbABs-` is `get_all` in UTF-7, which Express decodes.
 */
export function checkContent(contentType: string | undefined, contentEncoding: string | undefined): Denial | undefined {
  if (contentType === undefined || !isJsonContentType(contentType)) return deny('unsupported-media-type');
  const charsets = contentType.match(/charset/gi) ?? [];
  const utf8 = /;\s*charset\s*=\s*("?)utf-?8\1\s*(?:;|$)/i.test(contentType);
  if (charsets.length > 1 || (charsets.length === 1 && !utf8)) {
    return deny('unsupported-media-type', { message: 'The charset of the body must be utf-8' });
  }
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') {
    return deny('unsupported-media-type', { message: 'The body must not have a Content-Encoding' });
  }
  return undefined;
}
