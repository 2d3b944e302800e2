import { UserError } from '../../core/errors.ts';
import type { Registration } from './registration.ts';

/** Format of a snippet; `text` is for a form that a person fills in. */
export type Format = 'json' | 'yaml' | 'toml' | 'sh' | 'text';

/** What a person adds to a client. */
export interface Snippet {
  format: Format;
  /** Without a newline at its end. */
  text: string;
  /** Where to add it: files by operating system, menus, or the shell. */
  places: readonly string[];
  /** What else it needs to work. */
  note?: string;
  /** A link that adds the same with a click, if the client documents one. */
  link?: string;
}

/** An MCP client with a known way to register a server. */
export interface Client {
  /** Its name for display. */
  title: string;
  /** Where the vendor documents the format. */
  reference: string;
  /** The snippet for a registration. Throws a UserError `usage` for something that the client cannot express. */
  snippet: (registration: Registration) => Snippet;
}

/** JSON as these clients show it: two spaces, short lists on one line. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(/\[\n\s+("[^[\]{}]*")\n\s+\]/g, (_, list: string) => `[${list.replace(/,\n\s+/g, ', ')}]`);
}

/** The error for a client that has no way to express `--token-from`. */
export function noTokenVariable(title: string, instead: string): UserError {
  return new UserError('usage', `${title} cannot take an access token from a variable`, { hint: instead });
}
