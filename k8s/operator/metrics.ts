/** Metrics of the operator, in the Prometheus text format. */
export class OperatorMetrics {
  readonly #results = new Map<string, number>();
  #seconds = 0;

  /** Counts one reconciliation of a backend. `result` is `ok`, or the kind of error. */
  reconciled(result: string, seconds: number): void {
    this.#results.set(result, (this.#results.get(result) ?? 0) + 1);
    this.#seconds += seconds;
  }

  /** The metrics as text. */
  render(now: { leading: boolean; queue: number; failing: number; backends: number }): string {
    const total = [...this.#results.values()].reduce((sum, count) => sum + count, 0);
    const results = [...this.#results].map(
      ([result, count]) => `mcp_gateway_operator_reconciles_total{result="${result}"} ${count}`,
    );
    return [
      ...head('leader', 'gauge', 'Whether this process is the leader.'),
      `mcp_gateway_operator_leader ${now.leading ? 1 : 0}`,
      ...head('queue_length', 'gauge', 'Backends that wait for reconciliation.'),
      `mcp_gateway_operator_queue_length ${now.queue}`,
      ...head('failing', 'gauge', 'Backends whose last reconciliation failed and will be retried.'),
      `mcp_gateway_operator_failing ${now.failing}`,
      ...head('backends', 'gauge', 'Known MCPBackends.'),
      `mcp_gateway_operator_backends ${now.backends}`,
      ...head('reconciles_total', 'counter', 'Reconciliations by result: ok, or the kind of error.'),
      ...results,
      ...head('reconcile_seconds', 'summary', 'Duration of reconciliations.'),
      `mcp_gateway_operator_reconcile_seconds_sum ${this.#seconds}`,
      `mcp_gateway_operator_reconcile_seconds_count ${total}`,
      '',
    ].join('\n');
  }
}

function head(name: string, type: string, text: string): string[] {
  return [`# HELP mcp_gateway_operator_${name} ${text}`, `# TYPE mcp_gateway_operator_${name} ${type}`];
}
