import type { QuotaOutcome } from '../../core/decision/usage.ts';

const OUTCOMES: readonly QuotaOutcome[] = ['allowed', 'refused', 'would-refuse', 'unavailable'];
/** Further tenants are counted together, so that the number of series is bounded. */
const MAX_TENANTS = 1_000;
const OTHERS = 'other tenants';

/** Counts requests by tenant and outcome. */
export class QuotaCounts {
  readonly #tenants = new Map<string, Map<QuotaOutcome, number>>();

  /** Counts a request. */
  count(tenant: string, outcome: QuotaOutcome): void {
    const name = this.#tenants.has(tenant) || this.#tenants.size < MAX_TENANTS ? tenant : OTHERS;
    const counts = this.#tenants.get(name) ?? new Map<QuotaOutcome, number>();
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    this.#tenants.set(name, counts);
  }

  /** The counts in the text format of Prometheus, version 0.0.4. Names of tenants are DNS labels, so they need no escapes. */
  text(redisUp: boolean): string {
    const lines = [
      '# HELP mcp_gateway_quota_redis_up Whether quotas are kept in Redis and Redis answers.',
      '# TYPE mcp_gateway_quota_redis_up gauge',
      `mcp_gateway_quota_redis_up ${redisUp ? 1 : 0}`,
      '# HELP mcp_gateway_quota_requests_total Requests that have a quota, by outcome.',
      '# TYPE mcp_gateway_quota_requests_total counter',
    ];
    for (const [tenant, counts] of this.#tenants) {
      for (const outcome of OUTCOMES) {
        const labels = `tenant="${tenant}",outcome="${outcome}"`;
        lines.push(`mcp_gateway_quota_requests_total{${labels}} ${counts.get(outcome) ?? 0}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }
}
