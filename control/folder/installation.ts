import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatProblem } from '../../core/document/problems.ts';
import { messageOf, UserError } from '../../core/errors.ts';
import { backendUrl } from '../../core/policy/policy.ts';
import { EMPTY_CATALOG, readCatalog } from '../../core/registry/catalog.ts';
import type { SessionKeys } from '../../core/session/keys.ts';
import type { StateFolder } from '../../runtime/state/folder.ts';
import { rewriteFile } from '../documents/rewrite-file.ts';
import { findAuditLines } from '../explain/audit-lines.ts';
import { sessionKeysIn } from '../explain/session-keys.ts';
import type {
  AuditLine,
  AuditQuery,
  BackendDetail,
  BackendListing,
  BackendSpec,
  Installation,
  ManagedBackend,
  QuotaAnswer,
  TenantsDocument,
  WriteOptions,
} from '../installation.ts';
import { type BackendFile, createBackendFile, readBackendFiles, readPaths, rewriteSpec, specOf } from './files.ts';
import { type Running, RunningGateway } from './running.ts';
import { readText, tenantsFile } from './tenants-file.ts';

/** Longer than the second after which the watcher reads its files again if the kernel reports no change. */
const SETTLE_MS = 1_500;

/** The folder of a gateway.yaml on this machine, and the gateway that runs with it, if there is one. */
export class FolderInstallation implements Installation {
  readonly kind = 'folder';
  readonly title: string;
  readonly secretsLocation: string;
  readonly settleMs = SETTLE_MS;
  readonly tenants: TenantsDocument;
  readonly #folder: string;
  readonly #state: StateFolder;
  readonly #gateway: RunningGateway;

  constructor(folder: string, state: StateFolder) {
    this.#folder = resolve(folder);
    this.#state = state;
    this.#gateway = new RunningGateway(state);
    this.title = `the folder ${this.#folder} of one machine (gateway.yaml, its backends and its tenants)`;
    this.secretsLocation = join(this.#folder, 'backends');
    this.tenants = tenantsFile(
      `the tenants document of ${this.#folder}`,
      async () => (await readPaths(this.#folder)).tenants,
    );
  }

  async list(): Promise<BackendListing> {
    const { config, backends, tenants } = await readPaths(this.#folder);
    const files = await readBackendFiles(backends);
    const running = await this.#gateway.ask(tenants);
    const catalog = readCatalog(EMPTY_CATALOG, new Map(files.map(({ file, text }) => [file, text])));
    const publicUrl = running.publicUrl ?? config.publicUrl;
    const managed = files.flatMap((file): ManagedBackend[] => {
      if (file.spec === undefined) return [];
      const problems = catalog.problems.filter(({ source }) => source === file.file).map(formatProblem);
      const backend = problems.length === 0 ? catalog.files.get(file.file)?.backend : undefined;
      const { name } = file.spec;
      return [
        {
          ...{ name, spec: file.spec, backend, source: join(backends, file.file) },
          url: publicUrl === undefined ? undefined : backendUrl({ publicUrl }, name),
          health: running.healthOf(name, backend, problems),
        },
      ];
    });
    const nameless = files.filter(({ spec }) => spec === undefined);
    return {
      backends: managed.sort((a, b) => (a.name < b.name ? -1 : 1)),
      notes: [
        ...running.notes,
        ...nameless.map(({ file, unreadable }) => {
          const problem = unreadable === undefined ? 'names no backend' : `cannot be read: ${unreadable}`;
          return `${join(backends, file)} ${problem}`;
        }),
      ],
    };
  }

  async get(name: string): Promise<ManagedBackend | undefined> {
    const { backends } = await this.list();
    return backends.find((backend) => backend.name === name);
  }

  async create(spec: BackendSpec, { dryRun }: WriteOptions): Promise<void> {
    const { backends } = await readPaths(this.#folder);
    const files = await readBackendFiles(backends);
    const owner = files.find((file) => file.spec?.name === spec.name);
    if (owner !== undefined)
      throw new UserError('exists', `the backend ${JSON.stringify(spec.name)} exists already, in ${owner.file}`);
    if (!dryRun) await createBackendFile(backends, spec);
  }

  async update(name: string, change: (spec: BackendSpec) => BackendSpec, { dryRun }: WriteOptions): Promise<void> {
    const { backends } = await readPaths(this.#folder);
    const { file, spec } = await this.#fileOf(name);
    if (dryRun) return void change(spec);
    await rewriteFile(join(backends, file), (text) => {
      const now = specOf(text);
      if (now?.name !== name) throw new UserError('conflict', `${file} now defines another backend`);
      return rewriteSpec(text, now, change(now));
    });
  }

  async remove(name: string): Promise<void> {
    const { backends } = await readPaths(this.#folder);
    const { file } = await this.#fileOf(name);
    await rm(join(backends, file)).catch((cause: unknown) => {
      throw new UserError('config', `${file} cannot be removed: ${messageOf(cause)}`, { cause });
    });
  }

  async detail({ name }: ManagedBackend, lines: number): Promise<BackendDetail> {
    return this.#gateway.detail(await this.#running(), name, lines);
  }

  async quotaState(tenant: string): Promise<QuotaAnswer> {
    const { tenants } = await readPaths(this.#folder);
    const state = await this.#gateway.quota(tenants, tenant);
    if (typeof state === 'string') return { state: undefined, inForce: [], complete: false, notes: [state] };
    return { state, inForce: [state.quota], complete: true, notes: [] };
  }

  async sessionKeys(): Promise<SessionKeys> {
    const { config } = await readPaths(this.#folder);
    const { keyFile } = config.sessions;
    const file = keyFile === undefined ? this.#state.sessionKeys : resolve(this.#folder, keyFile);
    return sessionKeysIn(await readText(file), file);
  }

  async auditLines(about: AuditQuery): Promise<AuditLine[]> {
    const { config } = await readPaths(this.#folder);
    const { file } = config.audit;
    return findAuditLines(file === undefined ? this.#state.audit : resolve(this.#folder, file), about);
  }

  async #running(): Promise<Running> {
    return this.#gateway.ask((await readPaths(this.#folder)).tenants);
  }

  async #fileOf(name: string): Promise<BackendFile & { spec: BackendSpec }> {
    const { backends } = await readPaths(this.#folder);
    for (const file of await readBackendFiles(backends)) {
      if (file.spec?.name === name) return { ...file, spec: file.spec };
    }
    throw new UserError('no-such', `there is no backend ${JSON.stringify(name)}`);
  }
}
