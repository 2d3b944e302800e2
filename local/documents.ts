import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';
import { adminProblems } from '../core/admin/config.ts';
import { anyGatewaySchema, type GatewayConfig, type GatewaySettings, gatewaySchema } from '../core/config/gateway.ts';
import { issuerNames, issuerProblems } from '../core/config/issuers.ts';
import { parseYaml } from '../core/document/parse.ts';
import type { Parsed, Problem } from '../core/document/problems.ts';
import { messageOf } from '../core/errors.ts';
import { type Catalog, EMPTY_CATALOG, readCatalog } from '../core/registry/catalog.ts';
import { parseTenants } from '../core/tenants/parse.ts';
import type { Tenant } from '../core/tenants/tenants.ts';
import { toProblems } from '../envoy/tls/listener-certificate.ts';
import type { TlsPair } from '../envoy/tls/pair.ts';
import { readPair } from '../envoy/tls/read.ts';
import { readTextFile } from '../runtime/files/read.ts';
import { isYamlFile, readTexts } from '../runtime/registry/watch.ts';

/** The documents of a gateway, all valid. Paths are absolute. */
export interface GatewayDocuments {
  config: GatewayConfig;
  configFile: string;
  backendsFolder: string;
  tenants: readonly Tenant[];
  catalog: Catalog;
  /** The listener's certificate; undefined without TLS. */
  tls: TlsPair | undefined;
}

/** Reads gateway.yaml and the documents that it names. Returns all of them, or all their problems. */
export async function loadGateway(file: string): Promise<Parsed<GatewayDocuments>> {
  const config = await parseFile(file, file, (text, source) => parseYaml(text, source, gatewaySchema));
  if (!config.ok) return config;
  const folder = dirname(resolve(file));
  const tenantsFile = resolve(folder, config.value.tenants);
  const backendsFolder = resolve(folder, config.value.backends);
  const tenants = await parseFile(tenantsFile, config.value.tenants, parseTenants);
  const catalog = await loadCatalog(backendsFolder, config.value.backends);
  const { tls } = config.value.listen;
  const pair = tls === undefined ? undefined : await readPair(folder, tls);
  const problems = [
    ...(tenants.ok ? issuerProblems(tenants.value, issuerNames(config.value), config.value.tenants) : tenants.problems),
    ...(tenants.ok ? adminProblems(config.value.admin, tenants.value, file) : []),
    ...(catalog.ok ? [] : catalog.problems),
    ...(pair === undefined || pair.ok ? [] : toProblems(pair.problems, file)),
  ];
  if (!tenants.ok || !catalog.ok || pair?.ok === false || problems.length > 0) return { ok: false, problems };
  const value = {
    config: config.value,
    configFile: resolve(file),
    backendsFolder,
    tenants: tenants.value,
    catalog: catalog.value,
    tls: pair?.value,
  };
  return { ok: true, value };
}

/** Keys that only a gateway's configuration has. */
const GATEWAY_KEYS = ['issuer', 'issuers', 'listen', 'backends', 'publicUrl', 'kubernetes'];

/** Outcome of checking a document. */
export interface CheckedDocument {
  problems: readonly Problem[];
  /** The configuration, if the document is a valid gateway.yaml. */
  gateway?: { config: GatewaySettings };
}

/**
 * Checks one file or folder of any kind: a gateway with all documents that it names, tenants, or backends. Of a gateway in a
 * cluster it checks only the configuration.
 */
export async function checkDocument(path: string): Promise<CheckedDocument> {
  try {
    if ((await stat(path)).isDirectory()) return { problems: problemsOf(await loadCatalog(path, path)) };
  } catch (error) {
    return { problems: [{ source: path, path: '', message: `cannot be read: ${messageOf(error)}` }] };
  }
  const read = await parseFile(path, path, (text) => ({ ok: true, value: text }));
  if (!read.ok) return { problems: read.problems };
  const text = read.value;
  const keys = keysOf(text);
  if (keys.includes('kubernetes')) return checkClusterGateway(path, text);
  if (keys.some((key) => GATEWAY_KEYS.includes(key))) {
    const loaded = await loadGateway(path);
    return loaded.ok ? { problems: [], gateway: loaded.value } : { problems: loaded.problems };
  }
  if (keys.includes('tenants') && !keys.includes('name')) {
    return { problems: problemsOf(parseTenants(text, path)) };
  }
  return { problems: readCatalog(EMPTY_CATALOG, new Map([[path, text]])).problems };
}

// Its backends and tenants are in the cluster, which this check does not contact.
async function checkClusterGateway(path: string, text: string): Promise<CheckedDocument> {
  const config = parseYaml(text, path, anyGatewaySchema);
  if (!config.ok) return { problems: config.problems };
  const { tls } = config.value.listen;
  const pair = tls === undefined ? undefined : await readPair(dirname(resolve(path)), tls);
  return pair?.ok === false
    ? { problems: toProblems(pair.problems, path) }
    : { problems: [], gateway: { config: config.value } };
}

// The keys show the kind of the document. Parsing it as that kind finds its problems.
function keysOf(text: string): string[] {
  const { contents } = parseDocument(text);
  return isMap(contents) ? contents.items.flatMap(({ key }) => (isScalar(key) ? String(key.value) : [])) : [];
}

async function loadCatalog(folder: string, shown: string): Promise<Parsed<Catalog>> {
  try {
    const unreadable: Problem[] = [];
    const texts = await readTexts(folder, isYamlFile, (source, error) => {
      unreadable.push({ source, path: '', message: `cannot be read: ${messageOf(error)}` });
      return undefined;
    });
    const catalog = readCatalog(EMPTY_CATALOG, texts);
    const problems = [...unreadable, ...catalog.problems].map((problem) => ({
      ...problem,
      source: `${shown}/${problem.source}`,
    }));
    return problems.length === 0 ? { ok: true, value: catalog } : { ok: false, problems };
  } catch (error) {
    return { ok: false, problems: [{ source: shown, path: '', message: `cannot be read: ${messageOf(error)}` }] };
  }
}

async function parseFile<T>(
  file: string,
  shown: string,
  parse: (text: string, source: string) => Parsed<T>,
): Promise<Parsed<T>> {
  try {
    return parse(await readTextFile(file), shown);
  } catch (error) {
    return { ok: false, problems: [{ source: shown, path: '', message: `cannot be read: ${messageOf(error)}` }] };
  }
}

function problemsOf(parsed: Parsed<unknown>): Problem[] {
  return parsed.ok ? [] : parsed.problems;
}
