import { dirname, resolve } from 'node:path';
import { type GatewayConfig, gatewaySchema } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/config/parse.ts';
import type { Problem } from '../../core/config/problems.ts';
import { type Catalog, EMPTY_CATALOG, readCatalog } from '../../core/registry/catalog.ts';
import { issuerNames, issuerProblems } from '../../core/tenants/issuers.ts';
import { type Tenant, tenantsSchema } from '../../core/tenants/tenants.ts';
import type { Logger } from '../../runtime/log.ts';
import { FileWatch, isYamlFile } from '../../runtime/registry/watch.ts';

/** The documents that people write: the gateway's configuration, the tenants and the backends. Watched, last good kept. */
export class Documents {
  /** The last good configuration; undefined until there was one. */
  config: GatewayConfig | undefined;
  /** The last good tenants; undefined until there were some. */
  tenants: readonly Tenant[] | undefined;
  /** The catalog; undefined until the folder was read. */
  catalog: Catalog | undefined;
  readonly #watches: FileWatch[] = [];
  readonly #problems = new Map<string, readonly Problem[]>();

  constructor(configFile: string, log: Logger, onChange: () => void) {
    const folder = dirname(resolve(configFile));
    const report = (source: string, problems: readonly Problem[]) => {
      const before = JSON.stringify(this.#problems.get(source) ?? []);
      this.#problems.set(source, problems);
      if (problems.length > 0 && JSON.stringify(problems) !== before) {
        log.error({ problems }, `${source} is refused in part; what was last good goes on`);
      }
      onChange();
    };
    const watchFolders = (config: GatewayConfig) => {
      this.#watches.push(
        new FileWatch({
          path: resolve(folder, config.tenants),
          log,
          onChange: (texts) => {
            const [text = ''] = texts.values();
            const parsed = parseYaml(text, config.tenants, tenantsSchema);
            if (parsed.ok) this.tenants = parsed.value.tenants;
            report(config.tenants, parsed.ok ? [] : parsed.problems);
          },
        }),
        new FileWatch({
          path: resolve(folder, config.backends),
          accept: isYamlFile,
          log,
          onChange: (texts) => {
            this.catalog = readCatalog(this.catalog ?? EMPTY_CATALOG, texts);
            report(config.backends, this.catalog.problems);
          },
        }),
      );
    };
    this.#watches.push(
      new FileWatch({
        path: configFile,
        log,
        onChange: (texts) => {
          const [text = ''] = texts.values();
          const parsed = parseYaml(text, configFile, gatewaySchema);
          if (parsed.ok) {
            // Where the folders are is settled at the start.
            if (this.config === undefined) watchFolders(parsed.value);
            this.config = parsed.value;
          }
          report(configFile, parsed.ok ? [] : parsed.problems);
        },
      }),
    );
  }

  /** Everything that is wrong now. */
  get problems(): Problem[] {
    const { config, tenants } = this;
    const unheld = config && tenants ? issuerProblems(tenants, issuerNames(config), config.tenants) : [];
    return [...[...this.#problems.values()].flat(), ...unheld];
  }

  /** Stops watching. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}
