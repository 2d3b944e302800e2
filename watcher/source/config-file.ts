import { anyGatewaySchema, type ClusterGatewayConfig, type GatewayConfig } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import type { Problem } from '../../core/document/problems.ts';
import type { Logger } from '../../runtime/log.ts';
import { FileWatch } from '../../runtime/registry/watch.ts';

/** The configuration of a gateway, wherever its backends and tenants come from. */
export type AnyGatewayConfig = GatewayConfig | ClusterGatewayConfig;

/** The gateway's configuration, `gateway.yaml`. Watched, last good kept. */
export class ConfigFile {
  /** The last good configuration; undefined until there was one. */
  current: AnyGatewayConfig | undefined;
  /** Everything that is wrong with it now. */
  problems: readonly Problem[] = [];
  readonly #watch: FileWatch;

  constructor(path: string, log: Logger, onChange: () => void) {
    this.#watch = new FileWatch({
      path,
      log,
      onChange: (texts) => {
        const [text = ''] = texts.values();
        const parsed = parseYaml(text, path, anyGatewaySchema);
        if (parsed.ok) this.current = parsed.value;
        this.problems = parsed.ok ? [] : parsed.problems;
        if (!parsed.ok) log.error({ problems: parsed.problems }, `${path} is refused; what was last good goes on`);
        onChange();
      },
    });
  }

  /** Stops watching. */
  close(): void {
    this.#watch.close();
  }
}
