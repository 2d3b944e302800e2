import { UserError } from '../../core/errors.ts';
import type { Registration } from './registration.ts';

/** What a snippet is written in; `text` is for a form that a person fills in. */
export type Format = 'json' | 'yaml' | 'toml' | 'sh' | 'text';

/** What a person adds to a client. */
export interface Snippet {
  format: Format;
  /** Without a newline at its end. */
  text: string;
  /** Where it goes: files by operating system, menus, or the shell. */
  places: readonly string[];
  /** What else must hold for it to work. */
  note?: string;
  /** A link that adds the same by a click, where the client documents one. */
  link?: string;
}

/** An MCP client that we know how to register a server with. */
export interface Client {
  /** Its name for people. */
  title: string;
  /** Where its makers document the shape. */
  reference: string;
  /** Writes a registration down. Throws a UserError for what the client has no way to say. */
  snippet: (registration: Registration) => Snippet;
}

/** JSON as these clients show it: two spaces, short lists on one line. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(/\[\n\s+("[^[\]{}]*")\n\s+\]/g, (_, list: string) => `[${list.replace(/,\n\s+/g, ', ')}]`);
}

/** A refusal of `--token-from`. */
export function noTokenVariable(title: string, instead: string): UserError {
  return new UserError('usage', `${title} takes no access token from a variable`, { hint: instead });
}
