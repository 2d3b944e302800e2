import type { Logger } from '../../runtime/log.ts';
import type { BackendStatus } from './status.ts';

/** Merges changes that happen together. */
const SETTLE_MS = 100;
/** Maximum number of backends named in a log line. */
const MAX_NAMED = 20;
/** Maximum number of changes kept per backend. */
const MAX_CHANGES = 20;

/** One change of a backend's state. */
export interface StatusChange {
  /** RFC 3339. */
  time: string;
  /** `serving, 2 of 2 replicas healthy`, followed by a reason if there is one. */
  what: string;
}

/** Logs how the states of backends change, and keeps the latest changes of each. */
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

  /** Compares the states soon, because something may have changed. */
  touch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, SETTLE_MS);
  }

  /** The latest changes of a backend, oldest first. */
  historyOf(name: string): readonly StatusChange[] {
    return this.#history.get(name)?.changes ?? [];
  }

  /** Stops logging. */
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
    const more = texts.length > MAX_NAMED ? ` and ${texts.length - MAX_NAMED} more` : '';
    this.#log.info(`backends: ${texts.slice(0, MAX_NAMED).join(', ')}${more}`);
  }

  #remember(statuses: readonly BackendStatus[]): void {
    const time = new Date().toISOString();
    const names = new Set(statuses.map(({ name }) => name));
    for (const name of this.#history.keys()) if (!names.has(name)) this.#history.delete(name);
    for (const { name, state, endpoints, reasons } of statuses) {
      const healthy = endpoints.filter(({ health }) => health === 'healthy').length;
      const summary = `${state}, ${healthy} of ${endpoints.length} replicas healthy`;
      const known = this.#history.get(name);
      // Only a changed state counts: reasons may hold times, which change all the time.
      if (known?.summary === summary) continue;
      const what = reasons[0] === undefined ? summary : `${summary}: ${reasons[0]}`;
      const changes = [...(known?.changes ?? []), { time, what }].slice(-MAX_CHANGES);
      this.#history.set(name, { summary, changes });
    }
  }
}
