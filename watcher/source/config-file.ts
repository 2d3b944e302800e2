import { anyGatewaySchema, type ClusterGatewayConfig, type GatewayConfig } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import type { Problem } from '../../core/document/problems.ts';
import type { Logger } from '../../runtime/log.ts';
import { unreadableProblems } from '../../runtime/registry/folder.ts';
import { FileWatch } from '../../runtime/registry/watch.ts';

/** The configuration of a gateway on one machine or in a cluster. */
export type AnyGatewayConfig = GatewayConfig | ClusterGatewayConfig;

/** The gateway's configuration, `gateway.yaml`. Watches the file and keeps the last good content. */
export class ConfigFile {
  /** The last good configuration; undefined before the first one. */
  current: AnyGatewayConfig | undefined;
  /** Everything that is wrong with the file now. */
  get problems(): readonly Problem[] {
    return [...this.#rejected, ...this.#unreadable];
  }
  #rejected: readonly Problem[] = [];
  #unreadable: readonly Problem[] = [];
  readonly #watch: FileWatch;

  constructor(path: string, log: Logger, onChange: () => void) {
    this.#watch = new FileWatch({
      path,
      log,
      onChange: (texts) => {
        const [text = ''] = texts.values();
        const parsed = parseYaml(text, path, anyGatewaySchema);
        if (parsed.ok) this.current = parsed.value;
        this.#rejected = parsed.ok ? [] : parsed.problems;
        if (!parsed.ok)
          log.error({ problems: parsed.problems }, `${path} rejected; keeping the last good configuration`);
        onChange();
      },
      onUnreadable: (errors) => {
        this.#unreadable = unreadableProblems(errors, path, path);
        onChange();
      },
    });
  }

  /** Stops watching. */
  close(): void {
    this.#watch.close();
  }
}
