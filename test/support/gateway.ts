import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type DevelopmentTokenOptions, issueDevelopmentToken } from '../../local/issuer/token.ts';
import type { GetStatusResponse__Output } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { askStatus } from '../../runtime/policy/status.ts';

/** Root of the checkout. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const PROGRAM = join(PROJECT, 'cli', 'bin.js');
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

/** A YAML document as a value. */
export type Document = Record<string, unknown>;

/** Settings of {@link startGateway}. */
export interface StartOptions {
  /** Backend documents by file name without its ending; `command` ones run in the checkout unless they name a `cwd`. */
  backends: Record<string, Document>;
  /** The tenants document; default: the tenant `engineering` by the claim `tenant`, with all backends. */
  tenants?: Document;
  /** Further keys of gateway.yaml. */
  settings?: Document;
  /** Number of ext-authz processes, or `default` for the choice of `up`. Default 2. */
  workers?: number | 'default';
  /** An existing state folder; default: a new one, which is removed at the end. */
  stateDir?: string;
}

/** Claims and lifetime of a token of the development issuer. */
export type TokenOptions = Partial<Omit<DevelopmentTokenOptions, 'stateDir'>>;

/** A line of the gateway's log. */
export interface LogLine {
  level: number;
  name: string;
  msg: string;
  [field: string]: unknown;
}

/** A whole gateway, started as a user starts it: `mcp-gateway up`. */
export interface TestGateway {
  /** Public URL, `http://127.0.0.1:PORT`. */
  url: string;
  issuer: string;
  stateDir: string;
  /** Process id of `mcp-gateway up`. */
  pid: number;
  /** All lines that were logged so far. */
  log: readonly LogLine[];
  /** The same lines as they were written. */
  rawLog: readonly string[];
  backendUrl(name: string): string;
  /** An access token; default: subject `developer`, tenant `engineering`, scope `mcp`, good for every backend for an hour. */
  token(options?: TokenOptions): Promise<string>;
  /** Writes or replaces a backend file in one step, as an editor does. */
  writeBackend(file: string, document: Document | string): void;
  removeBackend(file: string): void;
  writeTenants(document: Document | string): void;
  /** Replaces gateway.yaml, including the `settings` of the start. */
  writeSettings(settings: Document): void;
  status(): Promise<GetStatusResponse__Output>;
  /** Stops it with SIGTERM. Rejects if it does not exit with 0. */
  stop(): Promise<void>;
}

const TENANTS: Document = {
  tenants: [{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }], backends: ['*'] }],
};

/** Starts a gateway on a free port and waits until it logs that it is ready. */
export async function startGateway(options: StartOptions): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const stateDir = options.stateDir ?? join(folder, 'state');
  const backendsFolder = join(folder, 'backends');
  mkdirSync(backendsFolder);
  const write = (path: string, document: Document | string) => {
    writeFileSync(`${path}.tmp`, typeof document === 'string' ? document : stringify(document));
    renameSync(`${path}.tmp`, path);
  };
  const writeBackend = (file: string, document: Document | string) => {
    const located = typeof document !== 'string' && 'command' in document ? { cwd: PROJECT, ...document } : document;
    write(join(backendsFolder, `${file}.yaml`), located);
  };
  const writeTenants = (document: Document | string) => write(join(folder, 'tenants.yaml'), document);
  for (const [file, document] of Object.entries(options.backends)) writeBackend(file, document);
  writeTenants(options.tenants ?? TENANTS);
  const writeSettings = (settings: Document = {}) => {
    const config = { issuer: 'development', backends: 'backends', tenants: 'tenants.yaml', ...settings };
    write(join(folder, 'gateway.yaml'), config);
  };
  writeSettings(options.settings);

  const args = ['up', '--config', join(folder, 'gateway.yaml'), '--port', '0', '--state-dir', stateDir];
  if (options.workers !== 'default') args.push('--workers', String(options.workers ?? 2));
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: PROJECT });
  const log: LogLine[] = [];
  const rawLog: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<LogLine>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error([why, ...errors, ...log.slice(-20).map((line) => `${line.name}: ${line.msg}`)].join('\n')));
    const timer = setTimeout(() => fail('the gateway was not ready in time'), START_TIMEOUT_MS);
    lines.on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      log.push(line);
      rawLog.push(text);
      if (line.msg === 'ready' && 'url' in line) {
        clearTimeout(timer);
        resolve(line);
      }
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`the gateway ended with ${signal ?? code}`);
    });
  });
  const exited = once(child, 'exit');
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  };
  const facts = await ready.catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const url = String(facts.url);

  return {
    url,
    issuer: String(facts.issuer),
    stateDir,
    pid: child.pid ?? 0,
    log,
    rawLog,
    backendUrl: (name) => `${url}/${name}/mcp`,
    token: ({ audience = url, ttlSeconds = 3600, ...rest } = {}) =>
      issueDevelopmentToken({ stateDir, audience, ttlSeconds, ...rest }),
    writeBackend,
    removeBackend: (file) => rmSync(join(backendsFolder, `${file}.yaml`)),
    writeTenants,
    writeSettings,
    status: () => askStatus(join(stateDir, 'run', 'watcher.sock')),
    stop: async () => {
      await end();
      if (child.exitCode !== 0)
        throw new Error([`the gateway ended with ${child.signalCode ?? child.exitCode}`, ...errors].join('\n'));
    },
  };
}
