import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../core/errors.ts';
import { MAX_BURST, PERIODS_MS } from '../../core/quota/bucket.ts';

/** One KEY=VALUE word of `--set`, parsed. */
export interface Change {
  /** Path below `quota`. A rule is addressed by its name: `['rules', 'search', 'burst']`. */
  readonly path: readonly string[];
  /** Undefined removes the key. */
  readonly value: string | number | boolean | undefined;
}

const HINT = `Keys: requests, per, burst, maxConcurrent, maxStreams, dryRun; users.requests, backends.NAME.per, rules.NAME.burst and so on.
The value none removes burst, maxConcurrent, maxStreams, users or backends.NAME.`;

/** Keys of the tenant itself that limit what is open at the same time. */
const AT_ONCE: readonly string[] = ['maxConcurrent', 'maxStreams'];
const MAX_AT_ONCE = 1_000_000;

/**
 * Parses words such as `requests=2000 per=hour users.burst=50 dryRun=true`.
 *
 * @throws UserError `usage` for anything else
 */
export function parseChanges(text: string): Change[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw invalid('--set needs at least one KEY=VALUE');
  const changes = words.map(parseWord);
  const paths = changes.map(({ path }) => path.join('.'));
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw invalid(`${twice} is set twice`);
  return changes;
}

/** Changes as a tool takes them: the tenant's own limit as values, everything else as words. */
export interface ChangeFields {
  requests?: number | undefined;
  per?: string | undefined;
  burst?: number | 'none' | undefined;
  /** More changes, for {@link parseChanges}. */
  set?: string | undefined;
}

/** Changes from values and words. Throws a UserError `usage` if a key is set twice, and whenever {@link parseChanges} does. */
export function toChanges({ requests, per, burst, set }: ChangeFields): Change[] {
  const own: Change[] = [
    ...(requests === undefined ? [] : [{ path: ['requests'], value: requests }]),
    ...(per === undefined ? [] : [{ path: ['per'], value: per }]),
    ...(burst === undefined ? [] : [{ path: ['burst'], value: burst === 'none' ? undefined : burst }]),
  ];
  const more = set === undefined ? [] : parseChanges(set);
  const twice = more.find(({ path }) => own.some((change) => isDeepStrictEqual(change.path, path)));
  if (twice !== undefined) throw new UserError('usage', `${twice.path.join('.')} is set twice`);
  return [...own, ...more];
}

function parseWord(word: string): Change {
  const [, target = '', value = ''] = /^([^=]+)=(.*)$/.exec(word) ?? [];
  const path = target.split('.');
  const [scope, name] = path;
  const key = path.at(-1);
  if (target === '') throw invalid(`${JSON.stringify(word)} is not of the form KEY=VALUE`);
  if (target === 'dryRun') return { path, value: parseFlag(target, value) };
  if (AT_ONCE.includes(target)) {
    return { path, value: value === 'none' ? undefined : parseCount(target, value, MAX_AT_ONCE) };
  }
  const whole = target === 'users' || (scope === 'backends' && path.length === 2 && name !== '');
  if (whole && value === 'none') return { path, value: undefined };
  if (whole) throw invalid(`${target} can only be set to none; its keys are ${target}.requests, .per and .burst`);
  const depth = scope === 'users' ? 2 : scope === 'backends' || scope === 'rules' ? 3 : 1;
  if (path.length !== depth || path.includes('')) throw invalid(`there is no key ${JSON.stringify(target)}`);
  if (key === 'burst' && value === 'none') return { path, value: undefined };
  if (key === 'burst' || key === 'requests') return { path, value: parseCount(target, value) };
  if (key === 'per') return { path, value: parsePeriod(target, value) };
  throw invalid(`there is no key ${JSON.stringify(target)}`);
}

/** A whole number from 1. Throws a UserError `usage` for anything else. */
export function parseCount(name: string, text: string, max = MAX_BURST): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw invalid(`${name} must be a whole number from 1 to ${max} (got ${JSON.stringify(text)})`);
}

function parsePeriod(name: string, text: string): string {
  if (Object.hasOwn(PERIODS_MS, text)) return text;
  throw invalid(`${name} must be second, minute, hour or day (got ${JSON.stringify(text)})`);
}

function parseFlag(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalid(`${name} must be true or false (got ${JSON.stringify(text)})`);
}

function invalid(message: string): UserError {
  return new UserError('usage', message, { hint: HINT });
}
