import type { Check, SuiteResult } from './suite.ts';

/** One check with different results in two runs. */
export interface Difference {
  scenario: string;
  check: string;
  /** The statuses of all occurrences of the check, in order, or `absent`. */
  direct: string;
  gateway: string;
}

/**
 * The differences between a run through the gateway and a direct one, by scenario and check. Messages, details and times are
 * ignored, since they contain ports, session ids and dates. Checks with the same id are compared in their order.
 */
export function compareResults(direct: SuiteResult, gateway: SuiteResult): Difference[] {
  const scenarios = [...new Set([...direct.keys(), ...gateway.keys()])].sort();
  return scenarios.flatMap((scenario) => {
    const before = statusesById(direct.get(scenario));
    const after = statusesById(gateway.get(scenario));
    return [...new Set([...before.keys(), ...after.keys()])]
      .map((check) => ({
        scenario,
        check,
        direct: before.get(check) ?? 'absent',
        gateway: after.get(check) ?? 'absent',
      }))
      .filter((pair) => pair.direct !== pair.gateway);
  });
}

function statusesById(checks: readonly Check[] | undefined): Map<string, string> {
  const statuses = new Map<string, string>();
  for (const { id, status } of checks ?? []) {
    const earlier = statuses.get(id);
    statuses.set(id, earlier === undefined ? status : `${earlier} ${status}`);
  }
  return statuses;
}
