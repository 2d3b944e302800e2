import { resolve } from 'node:path';
import type { Problem } from '../../core/document/problems.ts';
import { messageOf } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { EMPTY_CATALOG, readCatalog } from '../../core/registry/catalog.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { Logger } from '../log.ts';
import { ProcessEndpoints } from './process-endpoints.ts';
import type { RegistrySource, SourceHooks } from './source.ts';
import { FileWatch, isYamlFile } from './watch.ts';

/** Settings of {@link FolderRegistry}. */
export interface FolderRegistryOptions extends SourceHooks {
  /** Folder that the paths below are relative to. */
  folder: string;
  /** Folder of the backend files. */
  backends: string;
  /** File of the tenants document. */
  tenants: string;
  /** Folder in which the endpoints of `command` backends are published. */
  endpointsFolder: string;
  log: Logger;
}

/** The registry of one machine: a folder of backend files, a tenants document, and the processes that `up` runs. Watches them all. */
export class FolderRegistry implements RegistrySource {
  tenants: readonly Tenant[] | undefined;
  backends: ReadonlyMap<string, Backend> | undefined;
  readonly tenantsSource: string;
  readonly secrets = undefined;
  readonly #watches: FileWatch[];
  readonly #problems = new Map<string, readonly Problem[]>();
  /** What cannot be read, by document or folder. */
  readonly #unreadable = new Map<string, readonly Problem[]>();
  readonly #processes: ProcessEndpoints;

  constructor(options: FolderRegistryOptions) {
    const { folder, backends, tenants, log, onChange } = options;
    this.tenantsSource = tenants;
    const report = (source: string, problems: readonly Problem[], effect: string) => {
      if (isNews(this.#problems.get(source), problems)) {
        log.error({ problems }, `${source} ${effect}`);
      }
      this.#problems.set(source, problems);
      onChange();
    };
    // FileWatch logs these.
    const unreadable = (path: string, source: string) => (errors: ReadonlyMap<string, unknown>) => {
      this.#unreadable.set(source, unreadableProblems(errors, path, source));
      onChange();
    };
    let catalog = EMPTY_CATALOG;
    this.#processes = new ProcessEndpoints(options.endpointsFolder, log, onChange);
    this.#watches = [
      new FileWatch({
        path: resolve(folder, tenants),
        log,
        onChange: (texts) => {
          const [text = ''] = texts.values();
          const parsed = parseTenants(text, tenants);
          if (parsed.ok) this.tenants = parsed.value;
          report(tenants, parsed.ok ? [] : parsed.problems, 'rejected; keeping the last good tenants');
        },
        onUnreadable: unreadable(resolve(folder, tenants), tenants),
      }),
      new FileWatch({
        path: resolve(folder, backends),
        accept: isYamlFile,
        log,
        onChange: (texts) => {
          catalog = readCatalog(catalog, texts);
          this.backends = catalog.backends;
          report(backends, catalog.problems, 'partly rejected; keeping the last good documents');
        },
        onUnreadable: unreadable(resolve(folder, backends), backends),
      }),
    ];
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values(), ...this.#unreadable.values()].flat();
  }

  endpointsOf({ name }: Backend): readonly Endpoint[] {
    return this.#processes.endpointsOf(name);
  }

  notesOf({ name }: Backend): readonly string[] {
    return this.#processes.notesOf(name);
  }

  isKnown(): boolean {
    return this.#processes.isKnown;
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#processes.close();
  }
}

/**
 * What cannot be read, as problems.
 *
 * @param errors by file name, or by `path` if nothing can be read
 * @param source name of the document or folder at `path`, for people
 */
export function unreadableProblems(errors: ReadonlyMap<string, unknown>, path: string, source: string): Problem[] {
  return [...errors].map(([file, error]) => ({
    source: file === path ? source : file,
    path: '',
    message: `cannot be read: ${messageOf(error)}`,
  }));
}

/** Whether problems should be logged: there are some, and they differ from those before. */
export function isNews(before: readonly Problem[] = [], after: readonly Problem[]): boolean {
  return after.length > 0 && JSON.stringify(after) !== JSON.stringify(before);
}
