import { isDeepStrictEqual } from 'node:util';
import { parseValue } from '../../core/document/parse.ts';
import { formatProblem, type Parsed } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { type Backend, backendSchema, clusterBackendSchema } from '../../core/registry/backend.ts';
import type { RegistryKind } from '../../core/registry/kind.ts';
import type { BackendSpec } from '../installation.ts';

/** Keys of which exactly one says where the servers are. */
const WHERE_KEYS = ['image', 'command', 'service', 'url', 'urls'];
/** Keys whose members are given one by one. */
const BY_MEMBER = ['env', 'secretEnv'];

/** Parses a spec as the place understands it. */
export function parseSpec(spec: unknown, place: RegistryKind, source: string): Parsed<Backend> {
  return parseValue(spec, source, place === 'folder' ? backendSchema : clusterBackendSchema);
}

/** A spec that is sound. Throws a UserError `config` with all its problems at once. */
export function soundSpec(spec: BackendSpec, place: RegistryKind): Backend {
  const parsed = parseSpec(spec, place, spec.name);
  if (parsed.ok) return parsed.value;
  const { problems } = parsed;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new UserError('config', `the backend ${JSON.stringify(spec.name)} has ${count}`, {
    hint: `${problems.map(formatProblem).join('\n')}\nNothing was changed.`,
  });
}

/** What is to become of a backend that is there already. */
export interface SpecChange {
  /** Keys that take the place of those before; `env` and `secretEnv` variable by variable. */
  given: Readonly<Record<string, unknown>>;
  /** Keys that are taken away, `env.NAME` for one variable. */
  unset: readonly string[];
}

/**
 * A backend after a change. What is not named stays. Another way to run it (image, command, service, url) takes the place of the
 * one before.
 */
export function changeSpec(before: BackendSpec, { given, unset }: SpecChange): BackendSpec {
  const moved = WHERE_KEYS.some((key) => given[key] !== undefined);
  const kept = Object.entries(before).filter(([key]) => !(moved && WHERE_KEYS.includes(key)));
  const after: Record<string, unknown> = Object.fromEntries(kept);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const held = after[key];
    after[key] = BY_MEMBER.includes(key) && isRecord(held) && isRecord(value) ? { ...held, ...value } : value;
  }
  for (const path of unset) {
    const [key = '', member] = splitOnce(path);
    const held = after[key];
    if (member === undefined) delete after[key];
    else if (isRecord(held)) after[key] = Object.fromEntries(Object.entries(held).filter(([name]) => name !== member));
  }
  return { ...after, name: before.name };
}

/** Keys at the top of two specs that differ, for people. */
export function changedKeys(before: BackendSpec | undefined, after: BackendSpec): string[] {
  const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]);
  return [...keys].filter((key) => !isDeepStrictEqual(before?.[key], after[key])).sort();
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function splitOnce(path: string): string[] {
  const dot = path.indexOf('.');
  return dot < 0 ? [path] : [path.slice(0, dot), path.slice(dot + 1)];
}
