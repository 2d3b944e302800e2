import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml';

/** Path of a value in a document. */
export type YamlPath = readonly (string | number)[];

/**
 * Sets one value in a YAML text and keeps every other byte. If that is not possible, the whole document is formatted again, which keeps
 * its comments but not all white space.
 *
 * @throws Error if the path leads into something without keys, such as an alias
 */
export function setValue(text: string, path: YamlPath, value: unknown): string {
  return edit(
    text,
    (document) => document.setIn(path, value),
    (document) => spliceValue(text, document, path, value),
  );
}

/** Removes the value at a path from a YAML text, as {@link setValue} sets one. */
export function removeValue(text: string, path: YamlPath): string {
  return edit(
    text,
    (document) => document.deleteIn(path),
    (document) => spliceOut(text, document, path),
  );
}

/** Appends a value to a list in a YAML text, as {@link setValue} sets one. A list that is missing is created. */
export function appendValue(text: string, path: YamlPath, value: unknown): string {
  const list = parseDocument(text).getIn(path, true);
  if (!isSeq(list)) return setValue(text, path, [value]);
  return edit(
    text,
    (document) => document.addIn(path, document.createNode(value)),
    () => {
      const last = list.items.at(-1);
      if (!isNode(last)) return list.flow ? insert(text, startOf(list) + 1, inline(value)) : undefined;
      if (list.flow) return insert(text, endOf(last), `, ${inline(value)}`);
      const dash = text.lastIndexOf('-', startOf(last));
      return insertLine(text, endOf(last), dash, `- ${inline(value)}`);
    },
  );
}

// The splice keeps the layout. It is used only if it means the same as the library's own edit.
function edit(text: string, change: (document: Document) => void, splice: (document: Document) => string | undefined) {
  const document = parseDocument(text);
  const spliced = splice(document);
  change(document);
  if (spliced !== undefined) {
    const again = parseDocument(spliced);
    if (again.errors.length === 0 && isDeepStrictEqual(again.toJS(), document.toJS())) return spliced;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: /\{ /.test(text) });
}

function spliceValue(text: string, document: Document, path: YamlPath, value: unknown): string | undefined {
  const node = document.getIn(path, true);
  if (isScalar(node)) return replace(text, startOf(node), endOf(node), inline(value));
  let depth = path.length - 1;
  let content = value;
  for (; depth > 0 && document.getIn(path.slice(0, depth), true) === undefined; depth--) {
    content = { [String(path[depth])]: content };
  }
  const parent = document.getIn(path.slice(0, depth), true);
  if (node !== undefined || !isMap(parent)) return undefined;
  return splicePair(text, parent, `${inline(path[depth])}: ${inline(content)}`);
}

function splicePair(text: string, map: YAMLMap, pair: string): string | undefined {
  const last = map.items.at(-1);
  const first = map.items[0];
  if (!isNode(first?.key)) return map.flow ? insert(text, startOf(map) + 1, pair) : undefined;
  const end = isNode(last?.value) ? last.value : last?.key;
  if (!isNode(end)) return undefined;
  return map.flow ? insert(text, endOf(end), `, ${pair}`) : insertLine(text, endOf(end), startOf(first.key), pair);
}

function spliceOut(text: string, document: Document, path: YamlPath): string | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (!isMap(parent) && !isSeq(parent)) return undefined;
  const spans = parent.items.map((item: unknown) => {
    const name = isPair(item) && isNode(item.key) ? item.key : undefined;
    const first = isNode(item) ? item : name;
    const last = isPair(item) && isNode(item.value) ? item.value : first;
    return { key: isScalar(name) ? name.value : undefined, start: first && startOf(first), end: last && endOf(last) };
  });
  const index = isSeq(parent) ? Number(key) : spans.findIndex((span) => span.key === key);
  const { start, end } = spans[index] ?? {};
  if (start === undefined || end === undefined) return undefined;
  if (!parent.flow) return replace(text, lineStart(text, start), nextLine(text, end), '');
  const before = spans[index - 1]?.end;
  return before === undefined
    ? replace(text, start, spans[index + 1]?.start ?? end, '')
    : replace(text, before, end, '');
}

function insertLine(text: string, after: number, column: number, line: string): string {
  const indent = ' '.repeat(column - lineStart(text, column));
  return insert(text, lineEnd(text, after), `${text.includes('\r\n') ? '\r\n' : '\n'}${indent}${line}`);
}

// End of the line that holds the end of a node, without its line break.
function lineEnd(text: string, end: number): number {
  const at = text.indexOf('\n', text.slice(0, end).trimEnd().length);
  if (at < 0) return text.length;
  return text[at - 1] === '\r' ? at - 1 : at;
}

function nextLine(text: string, end: number): number {
  const at = text.indexOf('\n', lineEnd(text, end));
  return at < 0 ? text.length : at + 1;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}

function insert(text: string, at: number, what: string): string {
  return replace(text, at, at, what);
}

function replace(text: string, start: number, end: number, what: string): string {
  return `${text.slice(0, start)}${what}${text.slice(end)}`;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function endOf(node: Node): number {
  return node.range?.[1] ?? 0;
}
