import type { Decision } from '../core/decision/decision.ts';
import type { PolicySettings } from '../core/policy/policy.ts';
import { DenialSampler, type OmittedRecord } from './denial-sampler.ts';

/** Interval of the lines about omitted denials. */
const SUMMARY_EVERY_MS = 10_000;

/** Settings of {@link AnonymousDenials}. */
export interface AnonymousDenialsOptions {
  /** Writes a line of the audit log. */
  write: (record: OmittedRecord) => void;
  settings: () => PolicySettings | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Keeps callers without a verified token from filling the audit log, see {@link DenialSampler}. */
export class AnonymousDenials {
  readonly #options: AnonymousDenialsOptions;
  readonly #sampler = new DenialSampler();
  readonly #timer: NodeJS.Timeout;

  constructor(options: AnonymousDenialsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#summarize(), SUMMARY_EVERY_MS).unref();
  }

  /** Whether a decision gets a line of its own. Counts it if not. Decisions about known users always get one. */
  admit({ outcome, user }: Decision): boolean {
    if (outcome.kind !== 'deny' || user !== undefined) return true;
    const { settings, now } = this.#options;
    return this.#sampler.admit(outcome.reason, settings()?.auditLog.anonymousPerSecond ?? 1, now());
  }

  /** The number of omitted denials in the text format of Prometheus, version 0.0.4. */
  get metrics(): string {
    return [
      '# HELP mcp_gateway_audit_denials_omitted_total Denials of callers without a verified token that have no line in the audit log.',
      '# TYPE mcp_gateway_audit_denials_omitted_total counter',
      `mcp_gateway_audit_denials_omitted_total ${this.#sampler.total}`,
      '',
    ].join('\n');
  }

  /** Writes what was counted. */
  close(): void {
    clearInterval(this.#timer);
    this.#summarize();
  }

  #summarize(): void {
    for (const record of this.#sampler.take()) this.#options.write(record);
  }
}
