import { parse } from 'yaml';
import { isRecord } from '../control/backends/spec.ts';
import { messageOf } from '../core/errors.ts';
import { misuse } from './command.ts';

/** Options of `backends register`, as given. */
export interface RegisterFlags {
  file?: string | undefined;
  image?: string | undefined;
  url?: string[] | undefined;
  service?: string | undefined;
  stdio?: boolean | undefined;
  sse?: boolean | undefined;
  env?: string[] | undefined;
  'secret-env'?: string[] | undefined;
  replicas?: string | undefined;
  port?: string | undefined;
  path?: string | undefined;
  'health-check'?: string | undefined;
  affinity?: string | undefined;
  tenant?: string[] | undefined;
  'allow-tool'?: string[] | undefined;
  'deny-tool'?: string[] | undefined;
  set?: string[] | undefined;
}

/**
 * Turns options into keys of a backend. Values are validated later.
 *
 * @param command words after `--`
 * @param fromFile keys from `--file`; options override them
 * @throws UserError `usage` if an option has the wrong form
 */
export function specOfFlags(
  flags: RegisterFlags,
  command: readonly string[],
  fromFile: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { image, url = [], service, env = [], tenant, affinity, path } = flags;
  const spec: Record<string, unknown> = { ...fromFile };
  const put = (key: string, value: unknown) => {
    if (value !== undefined) spec[key] = value;
  };
  put('image', image);
  if (url.length === 1) put('url', url[0]);
  else if (url.length > 1) put('urls', url);
  if (command.length > 0) put('command', command);
  if (flags.stdio) put('transport', 'stdio');
  if (flags.sse) put('transport', 'sse');
  if (service !== undefined) put('service', serviceOf(service));
  if (env.length > 0) put('env', Object.fromEntries(env.map((text) => pairOf('--env', text))));
  const secrets = flags['secret-env'] ?? [];
  if (secrets.length > 0) put('secretEnv', Object.fromEntries(secrets.map(secretOf)));
  put('replicas', flags.replicas === undefined ? undefined : scalarOf(flags.replicas));
  put('port', flags.port === undefined ? undefined : scalarOf(flags.port));
  put('path', path);
  put('affinity', affinity);
  put('tenants', tenant);
  if (flags['health-check'] !== undefined) put('healthCheck', healthCheckOf(flags['health-check']));
  const { 'allow-tool': allow, 'deny-tool': deny } = flags;
  if (allow !== undefined || deny !== undefined) put('tools', { ...(allow && { allow }), ...(deny && { deny }) });
  for (const text of flags.set ?? []) {
    const [key, value] = pairOf('--set', text);
    put(key, yamlOf(text, value));
  }
  return spec;
}

function serviceOf(text: string) {
  const [name = '', port] = text.split(':');
  return port === undefined ? { name } : { name, port: scalarOf(port) };
}

function healthCheckOf(text: string) {
  const [, type = '', path] = /^([a-z]+)(?::(.*))?$/.exec(text) ?? [];
  if (type === '') throw misuse('backends', `--health-check must be http, http:/PATH, tcp or none (got ${text})`);
  return path === undefined ? { type } : { type, path };
}

function secretOf(text: string): [string, { name: string; key: string }] {
  const [variable, ref] = pairOf('--secret-env', text);
  const [name = '', key = variable] = ref.split('/');
  return [variable, { name, key }];
}

function pairOf(option: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw misuse('backends', `${option} must be NAME=VALUE (got ${text})`);
  return [text.slice(0, at), text.slice(at + 1)];
}

// Anything else is left to the schema, which says what is wrong with it.
function scalarOf(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

function yamlOf(text: string, value: string): unknown {
  try {
    return parse(value);
  } catch (error) {
    throw misuse('backends', `--set must be KEY=VALUE with a value in YAML (got ${text}): ${messageOf(error)}`);
  }
}

/** Keys of a backend in the document of `--file`; for an MCPBackend its spec. */
export function specOfDocument(text: string, source: string): Record<string, unknown> {
  const document: unknown = parse(text, { maxAliasCount: 20 });
  if (!isRecord(document)) throw misuse('backends', `${source} must be a mapping`);
  if (document.kind !== 'MCPBackend') return document;
  const name = isRecord(document.metadata) ? document.metadata.name : undefined;
  return { ...(isRecord(document.spec) ? document.spec : {}), ...(typeof name === 'string' ? { name } : {}) };
}
