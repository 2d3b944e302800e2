import { isDeepStrictEqual } from 'node:util';
import { parseValue } from '../../core/document/parse.ts';
import { formatProblem, type Parsed } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { type Backend, backendSchema, clusterBackendSchema } from '../../core/registry/backend.ts';
import type { RegistryKind } from '../../core/registry/kind.ts';
import type { BackendSpec } from '../installation.ts';

/** Keys that say where the servers are; a backend has exactly one of them. */
const WHERE_KEYS = ['image', 'command', 'service', 'url', 'urls'];
/** Keys whose members are changed one by one. */
const BY_MEMBER = ['env', 'secretEnv'];

/** Parses a spec as an installation of this kind does. */
export function parseSpec(spec: unknown, kind: RegistryKind, source: string): Parsed<Backend> {
  return parseValue(spec, source, kind === 'folder' ? backendSchema : clusterBackendSchema);
}

/** The backend of a spec that is valid. Throws a UserError `config` that lists all its problems. */
export function validBackend(spec: BackendSpec, kind: RegistryKind): Backend {
  const parsed = parseSpec(spec, kind, spec.name);
  if (parsed.ok) return parsed.value;
  const { problems } = parsed;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new UserError('config', `the backend ${JSON.stringify(spec.name)} has ${count}`, {
    hint: `${problems.map(formatProblem).join('\n')}\nNothing was changed.`,
  });
}

/** A change of the spec of a backend. */
export interface SpecChange {
  /** New values of keys; `env` and `secretEnv` change variable by variable. */
  given: Readonly<Record<string, unknown>>;
  /** Keys to remove, `env.NAME` for one variable. */
  unset: readonly string[];
}

/** Applies a change. All other keys stay, but a new image, command, service or URL replaces the one before, of whatever kind. */
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

/** Top-level keys that differ between two specs, for display. */
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
