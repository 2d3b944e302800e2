import { randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import { type GatewayConfig, gatewaySchema } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import { formatProblem } from '../../core/document/problems.ts';
import { messageOf, UserError } from '../../core/errors.ts';
import { readTextFile } from '../../runtime/files/read.ts';
import { isYamlFile, readTexts } from '../../runtime/registry/watch.ts';
import { isRecord } from '../backends/spec.ts';
import { removeValue, setValue } from '../documents/yaml-text.ts';
import type { BackendSpec } from '../installation.ts';

/** The configuration of a gateway and the absolute paths that it names. */
export interface GatewayPaths {
  config: GatewayConfig;
  backends: string;
  tenants: string;
}

/** Reads a gateway.yaml. Throws a UserError if it is missing or has errors. */
export async function readGateway(file: string): Promise<GatewayPaths> {
  const text = await readTextFile(file).catch((cause: unknown) => {
    throw new UserError('missing-file', `${file} cannot be read: ${messageOf(cause)}`, {
      hint: 'Name the folder of a gateway.yaml with --registry DIR, or the file with --config FILE.',
      cause,
    });
  });
  const parsed = parseYaml(text, file, gatewaySchema);
  if (!parsed.ok) {
    const hint = parsed.problems.map(formatProblem).join('\n');
    throw new UserError('config', `${file} has errors; fix them first`, { hint });
  }
  const config = parsed.value;
  const folder = dirname(file);
  return { config, backends: resolve(folder, config.backends), tenants: resolve(folder, config.tenants) };
}

/** Reads the gateway.yaml of a folder, as {@link readGateway} does. */
export async function readPaths(folder: string): Promise<GatewayPaths> {
  return readGateway(join(folder, 'gateway.yaml'));
}

/** One file in the folder of the backends. */
export interface BackendFile {
  /** Name of the file, without the folder. */
  file: string;
  text: string;
  /** Undefined if the file cannot be read, is not YAML or names no backend. */
  spec: BackendSpec | undefined;
  /** Why the file cannot be read; its text is then empty. */
  unreadable?: string;
}

/** Reads all backend files. A missing folder counts as empty: the first backend creates it. */
export async function readBackendFiles(folder: string): Promise<BackendFile[]> {
  const unreadable: BackendFile[] = [];
  const note = (file: string, error: unknown) => {
    unreadable.push({ file, text: '', spec: undefined, unreadable: messageOf(error) });
    return undefined;
  };
  const texts = await readTexts(folder, isYamlFile, note).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Map<string, string>();
    throw new UserError('config', `the folder of the backends cannot be read: ${messageOf(cause)}`, { cause });
  });
  return [...[...texts].map(([file, text]) => ({ file, text, spec: specOf(text) })), ...unreadable];
}

/** Creates a backend file atomically. Throws a UserError `exists` if there is a file of that name. */
export async function createBackendFile(folder: string, spec: BackendSpec): Promise<void> {
  const file = join(folder, `${spec.name}.yaml`);
  const draft = join(folder, `.${spec.name}.${randomUUID()}.new`);
  const { name, ...rest } = spec;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, stringify({ name, ...rest }, { lineWidth: 0 }));
    // Unlike a rename, a link never replaces an existing file.
    await link(draft, file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new UserError('exists', `the file ${file} exists already`, { hint: 'Choose another name.' });
    }
    throw new UserError('config', `${file} cannot be written: ${messageOf(cause)}`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Changes keys in the text of a backend file; comments and all other keys stay. */
export function rewriteSpec(text: string, before: BackendSpec, after: BackendSpec): string {
  let changed = text;
  for (const key of Object.keys(before)) if (!(key in after)) changed = removeValue(changed, [key]);
  for (const [key, value] of Object.entries(after)) {
    if (isDeepStrictEqual(before[key], value)) continue;
    const held = before[key];
    if (!isRecord(held) || !isRecord(value)) {
      // An existing list or mapping is removed first, so that the new value is written as a whole.
      if (typeof held === 'object' && held !== null) changed = removeValue(changed, [key]);
      changed = setValue(changed, [key], value);
      continue;
    }
    for (const member of Object.keys(held)) if (!(member in value)) changed = removeValue(changed, [key, member]);
    for (const [member, item] of Object.entries(value)) {
      if (isDeepStrictEqual(held[member], item)) continue;
      if (typeof held[member] === 'object' && held[member] !== null) changed = removeValue(changed, [key, member]);
      changed = setValue(changed, [key, member], item);
    }
  }
  return changed;
}

/** The spec in the text of a backend file; undefined if it is not YAML or names no backend. */
export function specOf(text: string): BackendSpec | undefined {
  try {
    const value: unknown = parse(text, { maxAliasCount: 20 });
    return isRecord(value) && typeof value.name === 'string' ? { ...value, name: value.name } : undefined;
  } catch {
    return undefined;
  }
}
