import type { Logger } from '../../runtime/log.ts';
import type { BackendStatus } from './status.ts';

/** Joins what changes at once. */
const SETTLE_MS = 100;
/** So many backends are named in one line. */
const NAMED = 20;

/** Writes to the log how the states of backends change. */
export class StateDiary {
  readonly #statuses: () => BackendStatus[];
  readonly #log: Logger;
  #known = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(statuses: () => BackendStatus[], log: Logger) {
    this.#statuses = statuses;
    this.#log = log;
  }

  /** Something may have changed. */
  touch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, SETTLE_MS);
  }

  /** Writes no more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #write(): void {
    const before = this.#known;
    this.#known = new Map(
      this.#statuses().map(({ name, state, endpoints }) => [name, `${state} (${endpoints.length})`]),
    );
    const changed = [...this.#known].filter(([name, text]) => before.get(name) !== text);
    const gone = [...before.keys()].filter((name) => !this.#known.has(name));
    const texts = [...changed.map(([name, text]) => `${name} ${text}`), ...gone.map((name) => `${name} gone`)];
    if (texts.length === 0) return;
    const more = texts.length > NAMED ? ` and ${texts.length - NAMED} more` : '';
    this.#log.info(`backends: ${texts.slice(0, NAMED).join(', ')}${more}`);
  }
}
