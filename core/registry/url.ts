import { z } from 'zod';

/** The parsed URL of an MCP server that runs elsewhere. */
export interface ServerUrl {
  /** Whether it is https. */
  tls: boolean;
  /** `host:port`, always with the port. IPv6 hosts are in brackets. */
  authority: string;
  /** Host name or address, without brackets. */
  host: string;
  /** 1 to 65535. */
  port: number;
  /** Absolute path; `/mcp` if the URL has none. */
  path: string;
}

/** Schema of an http or https URL without credentials, query or fragment. */
export const serverUrl = z
  .string('must be a single URL; list several under urls')
  .max(2_048)
  .transform((text, context): ServerUrl => {
    const problem = (message: string) => {
      context.addIssue(message);
      return z.NEVER;
    };
    const url = URL.parse(text);
    if (!url || !['http:', 'https:'].includes(url.protocol)) return problem('must be an http or https URL');
    if (url.username !== '' || url.password !== '') return problem('must not contain credentials');
    if (url.search !== '' || url.hash !== '') return problem('must not have a query or fragment');
    const tls = url.protocol === 'https:';
    const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
    if (port === 0) return problem('must not have port 0');
    return {
      tls,
      port,
      authority: `${url.hostname}:${port}`,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      path: url.pathname === '/' ? '/mcp' : url.pathname,
    };
  });

/** The text of a URL, with its port. */
export function hrefOf({ tls, authority, path }: ServerUrl): string {
  return `${tls ? 'https' : 'http'}://${authority}${path}`;
}
