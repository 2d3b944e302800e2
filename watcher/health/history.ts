import type { Logger } from '../../runtime/log.ts';
import type { BackendStatus } from './status.ts';

/** Joins what changes at once. */
const SETTLE_MS = 100;
/** So many backends are named in one line. */
const NAMED = 20;
/** So many changes are remembered of a backend. */
const REMEMBERED = 20;

/** One change of a backend's state. */
export interface StatusChange {
  /** RFC 3339. */
  time: string;
  /** `serving, 2 of 2 replicas healthy`, and why where it is not well. */
  what: string;
}

/** Writes to the log how the states of backends change, and remembers the last changes of each. */
export class HealthHistory {
  readonly #statuses: () => BackendStatus[];
  readonly #log: Logger;
  #known = new Map<string, string>();
  readonly #history = new Map<string, { summary: string; changes: readonly StatusChange[] }>();
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

  /** The last changes of a backend, the oldest first. */
  historyOf(name: string): readonly StatusChange[] {
    return this.#history.get(name)?.changes ?? [];
  }

  /** Writes no more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #write(): void {
    const before = this.#known;
    const statuses = this.#statuses();
    this.#known = new Map(statuses.map(({ name, state, endpoints }) => [name, `${state} (${endpoints.length})`]));
    this.#remember(statuses);
    const changed = [...this.#known].filter(([name, text]) => before.get(name) !== text);
    const gone = [...before.keys()].filter((name) => !this.#known.has(name));
    const texts = [...changed.map(([name, text]) => `${name} ${text}`), ...gone.map((name) => `${name} gone`)];
    if (texts.length === 0) return;
    const more = texts.length > NAMED ? ` and ${texts.length - NAMED} more` : '';
    this.#log.info(`backends: ${texts.slice(0, NAMED).join(', ')}${more}`);
  }

  #remember(statuses: readonly BackendStatus[]): void {
    const time = new Date().toISOString();
    const names = new Set(statuses.map(({ name }) => name));
    for (const name of this.#history.keys()) if (!names.has(name)) this.#history.delete(name);
    for (const { name, state, endpoints, reasons } of statuses) {
      const healthy = endpoints.filter(({ health }) => health === 'healthy').length;
      const summary = `${state}, ${healthy} of ${endpoints.length} replicas healthy`;
      const known = this.#history.get(name);
      // Reasons tell times that go on; a change of these is none of the state.
      if (known?.summary === summary) continue;
      const what = reasons[0] === undefined ? summary : `${summary}: ${reasons[0]}`;
      const changes = [...(known?.changes ?? []), { time, what }].slice(-REMEMBERED);
      this.#history.set(name, { summary, changes });
    }
  }
}
