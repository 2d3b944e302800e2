import type { ItemKind } from '../access/filter.ts';
import { fold } from './json-scan.ts';

/** A tool, prompt or resource that a message names. */
export interface NamedItem {
  kind: ItemKind;
  /** Name, or URI of a resource. Undefined if the message should have one but does not. */
  name: string | undefined;
}

/** Requests whose results list items that policy may hide. */
const LISTS: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
]);

type Reader = (params: Readonly<Record<string, unknown>>) => NamedItem[];

const item =
  (kind: ItemKind, key: string): Reader =>
  (params) => [{ kind, name: textAt(params, key) }];

/** Requests that name the items they use. */
const READERS: Readonly<Record<string, Reader>> = {
  'tools/call': item('tools', 'name'),
  'prompts/get': item('prompts', 'name'),
  'resources/read': item('resources', 'uri'),
  'resources/subscribe': item('resources', 'uri'),
  'resources/unsubscribe': item('resources', 'uri'),
  'completion/complete': ({ ref }) => {
    const { type } = objectOf(ref);
    const prompt: NamedItem = { kind: 'prompts', name: textAt(objectOf(ref), 'name') };
    const resource: NamedItem = { kind: 'resources', name: textAt(objectOf(ref), 'uri') };
    if (type === 'ref/prompt') return [prompt];
    return type === 'ref/resource' ? [resource] : [prompt, resource];
  },
  'subscriptions/listen': ({ notifications }) => {
    const { resourceSubscriptions: uris = [] } = objectOf(notifications);
    if (!Array.isArray(uris)) return [{ kind: 'resources', name: undefined }];
    return uris.map((uri) => ({ kind: 'resources', name: typeof uri === 'string' ? uri : undefined }));
  },
};

/** The items that a JSON-RPC message names. */
export function itemsOf(message: unknown): NamedItem[] {
  const { method, params } = objectOf(message);
  if (typeof method !== 'string' || !Object.hasOwn(READERS, method)) return [];
  return READERS[method]?.(objectOf(params)) ?? [];
}

/** Whether a method is a variant of one that policy decides about, which only some servers accept: `Tools/Call`, or with white space. */
export function isOddSpelling(method: string): boolean {
  const plain = fold(method.replace(/[\s\p{C}]/gu, ''));
  return plain !== method && (LISTS.has(plain) || Object.hasOwn(READERS, plain));
}

/** Whether the result of a request lists tools, prompts or resources. */
export function isList(method: string): boolean {
  return LISTS.has(method);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textAt(object: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
