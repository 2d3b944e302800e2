import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import { describeIssue } from './describe.ts';
import type { Parsed } from './problems.ts';
import { shorten } from './shorten.ts';

type Path = readonly PropertyKey[];

/** Keys whose values must not appear in messages. */
const SECRET = /secret|passw|token/i;

/**
 * Parses one YAML document with a schema: returns its value, or every problem with its path and line. Limits aliases; rejects
 * duplicate keys and a second document.
 */
export function parseYaml<S extends z.ZodType>(text: string, source: string, schema: S): Parsed<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const lineAt = (offset: number | undefined) => (offset === undefined ? {} : { line: lines.linePos(offset).line });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      source,
      path: '',
      ...lineAt(error.pos[0]),
      message: `not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '')}`,
    }));
    return { ok: false, problems };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    return { ok: false, problems: [{ source, path: '', message: messageOf(error) }] };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };

  const offsetOf = (path: Path): number | undefined => {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = document.getIn(path.slice(0, depth - 1), true);
      const key = path[depth - 1];
      if (isMap(parent)) {
        const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
        if (pair && isScalar(pair.key)) return pair.key.range?.[0];
      }
      const node = document.getIn(path.slice(0, depth), true);
      if (isScalar(node)) return node.range?.[0];
    }
    return undefined;
  };
  const problems = result.error.issues
    .flatMap((issue) => fromIssue(issue, value))
    .map(({ path, message }) => ({
      source,
      path: formatPath(path),
      ...lineAt(offsetOf(path)),
      message,
    }));
  return { ok: false, problems };
}

/** Does the same for a value that is already parsed, such as the arguments of a call. Its problems have no lines. */
export function parseValue<S extends z.ZodType>(value: unknown, source: string, schema: S): Parsed<z.output<S>> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const found = result.error.issues.flatMap((issue) => fromIssue(issue, value));
  return { ok: false, problems: found.map(({ path, message }) => ({ source, path: formatPath(path), message })) };
}

/** Formats a path of keys and indexes, such as `a.b[2].c`. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text === '' ? '' : `${text}.`}${shorten(String(part))}`,
    '',
  );
}

function fromIssue(issue: z.core.$ZodIssue, root: unknown): { path: Path; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'unknown key' }));
  }
  if (issue.code === 'invalid_union') {
    if (valueAt(root, issue.path) === undefined) return [{ path: issue.path, message: 'is required' }];
    // The author probably meant the branch whose problems are deepest.
    const branches = issue.errors.map((branch) =>
      branch.flatMap((inner) => fromIssue(inner, valueAt(root, issue.path))),
    );
    const best = branches.sort((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
    // If no branch got anywhere, the message of the union itself says more than that of its first branch.
    if (depthOf(best) > 0 || issue.message === 'Invalid input') {
      return best.map((inner) => ({ path: [...issue.path, ...inner.path], message: inner.message }));
    }
  }
  if (issue.code === 'invalid_type' && valueAt(root, issue.path) === undefined) {
    return [{ path: issue.path, message: 'is required' }];
  }
  const given = valueAt(root, issue.path);
  const message = describeIssue(issue);
  const plain = typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean';
  // A person may have written a credential where a reference to one is expected.
  const shown = plain && issue.code !== 'invalid_key' && !issue.path.some((part) => SECRET.test(String(part)));
  return [{ path: issue.path, message: shown ? `${message} (got ${show(given)})` : message }];
}

// Removes the user and the password from a URL.
function show(given: string | number | boolean): string {
  return shorten(JSON.stringify(given).replace(/:\/\/[^/\s]*@/g, '://***@'));
}

function depthOf(issues: { path: Path }[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}
