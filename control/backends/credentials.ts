import { UserError } from '../../core/errors.ts';
import type { RegistryKind } from '../../core/registry/kind.ts';
import { isDnsLabel } from '../../core/registry/names.ts';
import type { BackendSpec } from '../installation.ts';
import { isRecord } from './spec.ts';

/** Replaces a value that is not shown. */
export const HIDDEN = '(hidden)';

/** Shapes of credentials that are recognized anywhere, with what they are. */
const SHAPES: readonly [what: string, shape: RegExp][] = [
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,})/],
  ['a GitLab token', /\bglpat-[\w-]{16,}/],
  ['a Slack token', /\b(?:xox[abeoprs]|xapp)-[\w-]{8,}/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['an Azure storage key', /\bAccountKey=[A-Za-z0-9+/=]{40,}/],
  ['a Google key or token', /\b(?:AIza[\w-]{35}|ya29\.[\w-]{16,})/],
  ['an Atlassian token', /\bATATT[\w=-]{16,}/],
  ['a Stripe key', /\b[rs]k_(?:live|test)_\w{10,}/],
  ['an API key', /\bsk-[A-Za-z0-9][\w-]{18,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{30,}/],
  ['a PyPI token', /\bpypi-[\w-]{30,}/],
  ['a Vault token', /\bhv[sb]\.[\w-]{16,}/],
  ['a SendGrid key', /\bSG\.[\w-]{16,}\.[\w-]{16,}/],
  ['a JSON Web Token', /\beyJ[\w-]{6,}\.eyJ[\w-]{6,}\.[\w-]*/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['a URL with a password', /\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/:@]*:[^\s/@]+@/i],
  ['an Authorization header', /\b(?:bearer|basic)\s+[\w.~+/=-]{12,}/i],
];

const SECRET_NAME =
  /(?:^|[_.-])(?:token|pat|password|passwd|pass|pwd|secret|credentials?|private[_-]?key|api[_-]?key|apikey|access[_-]?key|secret[_-]?key|auth|bearer|dsn|connection[_-]?string)$/i;
const PASSWORD_NAME = /passw|pwd|secret/i;

/** A value that looks like a credential. */
export interface FoundCredential {
  /** `env.GITHUB_TOKEN`, `args[2]`. */
  path: string;
  /** What it looks like, with its article. */
  what: string;
}

/** Values of a spec that look like credentials: by their shape anywhere, by their name in `env` and after an option. */
export function findCredentials(spec: Readonly<Record<string, unknown>>): FoundCredential[] {
  return Object.entries(spec).flatMap(([key, value]) => inspect(key, value));
}

/** Replaces credentials in a line, recognized by their shape, with {@link HIDDEN}. */
export function hideIn(line: string): string {
  return SHAPES.reduce((text, [, shape]) => text.replace(new RegExp(shape, `g${shape.flags}`), HIDDEN), line);
}

/** Replaces values of a spec that look like credentials with {@link HIDDEN}. */
export function withoutCredentials(spec: BackendSpec): BackendSpec {
  const found = new Set(findCredentials(spec).map(({ path }) => path));
  const hide = (path: string, value: unknown): unknown => {
    if (found.has(path)) return HIDDEN;
    if (Array.isArray(value)) return value.map((item, index) => hide(`${path}[${index}]`, item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(`${path}.${key}`, item)]));
  };
  const shown = Object.entries(spec).map(([key, value]) => [key, hide(key, value)]);
  return { ...Object.fromEntries(shown), name: spec.name };
}

/**
 * Rejects keys that hold a credential. The hint says how to name it instead.
 *
 * @throws UserError `usage`
 */
export function rejectCredentials(
  name: string,
  given: Readonly<Record<string, unknown>>,
  { kind, secretsLocation }: { kind: RegistryKind; secretsLocation: string },
): void {
  const found = findCredentials(given);
  if (found.length === 0) return;
  const list = found.map(({ path, what }) => `${path} looks like ${what}`).join('; ');
  throw new UserError('usage', `credentials must be references, not values: ${list}`, {
    hint: `${kind === 'cluster' ? inCluster(name, found, secretsLocation) : onMachine(name, secretsLocation)}\nNothing was changed.`,
  });
}

function inCluster(name: string, found: readonly FoundCredential[], namespace: string): string {
  // These lines are for a shell, so only plain names go into them.
  const variable = found.map(({ path }) => /^env\.(\w+)$/.exec(path)?.[1]).find((one) => one !== undefined) ?? 'TOKEN';
  const secret = `${isDnsLabel(name) ? name : 'backend'}-credentials`;
  return [
    'A person puts the value into a Secret, outside of this conversation:',
    `  kubectl -n ${namespace} create secret generic ${secret} --from-file=${variable}=FILE`,
    'Then refer to it. If the server reads it from its environment:',
    `  secretEnv {"${variable}": {"name": "${secret}", "key": "${variable}"}}`,
    'If it is sent with each request:',
    `  upstreamAuth {"type": "bearer", "secret": {"name": "${secret}", "key": "${variable}"}}`,
  ].join('\n');
}

function onMachine(name: string, folder: string): string {
  return [
    'If the server takes the credential with each request: a person puts it into a file that only they can read, and you name the file:',
    '  upstreamAuth {"type": "bearer", "file": "secrets/token"}',
    'If its program reads it from the environment: register it without the variable. Then a person adds the variable by hand, under env',
    `in ${folder}/${name}.yaml; later changes made here keep it.`,
  ].join('\n');
}

function inspect(path: string, value: unknown): FoundCredential[] {
  if (typeof value === 'string') return fromText(path, value);
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => {
      const at = `${path}[${index}]`;
      const inner = inspect(at, item);
      return inner.length > 0 || typeof item !== 'string' ? inner : fromOption(at, item, value[index - 1]);
    });
  }
  if (!isRecord(value)) return [];
  const inner = Object.entries(value).flatMap(([key, item]) => inspect(`${path}.${key}`, item));
  // `{name: GITHUB_TOKEN, value: abc}`, as containers of a podTemplate have it.
  const { name, value: text } = value;
  const isNamed = inner.length === 0 && typeof name === 'string' && typeof text === 'string' && isSecretFor(name, text);
  return isNamed ? [{ path: `${path}.value`, what: `the value of a credential (${name})` }] : inner;
}

function fromText(path: string, text: string): FoundCredential[] {
  const shape = SHAPES.find(([, pattern]) => pattern.test(text));
  if (shape !== undefined) return [{ path, what: shape[0] }];
  const variable = /^env\.(.+)$/.exec(path)?.[1];
  return variable !== undefined && isSecretFor(variable, text)
    ? [{ path, what: `the value of a credential (${variable})` }]
    : [];
}

// `--token=abc`, or `--token` followed by `abc`.
function fromOption(path: string, text: string, before: unknown): FoundCredential[] {
  const [, name, inline] = /^--?([A-Za-z][\w-]*)=(.*)$/s.exec(text) ?? [];
  const previous = typeof before === 'string' ? /^--?([A-Za-z][\w-]*)$/.exec(before)?.[1] : undefined;
  const [option, value] = name === undefined ? [previous, text] : [name, inline];
  const found = option !== undefined && value !== undefined && !value.startsWith('-') && isSecretFor(option, value);
  return found ? [{ path, what: `the value of a credential (${option})` }] : [];
}

function isSecretFor(name: string, value: string): boolean {
  if (!SECRET_NAME.test(name) || value === '' || value === HIDDEN) return false;
  // A path, a variable reference or a switch is not the secret itself.
  if (/^(?:\.{0,2}\/|~\/|\$)/.test(value) || /^(?:true|false|none|null|yes|no|on|off)$/i.test(value)) return false;
  return PASSWORD_NAME.test(name) || !/^\d{1,6}$/.test(value);
}
