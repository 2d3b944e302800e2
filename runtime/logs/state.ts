import type { LogState as LogStateMessage } from '../../protos/gen/mcp_gateway/v1/LogState.ts';
import type { LogState } from './line-writer.ts';

/** The logs of a process. */
export interface LogStates {
  /** Undefined if the process writes none. */
  audit: LogState | undefined;
  process: LogState;
}

/** The states of the logs in the text format of Prometheus, version 0.0.4. */
export function logMetrics({ audit, process }: LogStates): string {
  const states = Object.entries({ audit, process }).flatMap(([log, state]) =>
    state === undefined ? [] : [{ log, state }],
  );
  return [
    '# HELP mcp_gateway_log_lines_lost_total Lines of a log that could not be written.',
    '# TYPE mcp_gateway_log_lines_lost_total counter',
    ...states.map(({ log, state }) => `mcp_gateway_log_lines_lost_total{log="${log}"} ${state.lost}`),
    '# HELP mcp_gateway_log_failing Whether the last write to a log failed.',
    '# TYPE mcp_gateway_log_failing gauge',
    ...states.map(({ log, state }) => `mcp_gateway_log_failing{log="${log}"} ${state.failure === undefined ? 0 : 1}`),
    '',
  ].join('\n');
}

/** The logs that lost lines or cannot be written, as messages. */
export function troubledLogs({ audit, process }: LogStates): LogStateMessage[] {
  return Object.entries({ audit, process }).flatMap(([log, state]) =>
    state === undefined || (state.lost === 0 && state.failure === undefined)
      ? []
      : [{ log, lost: state.lost, failure: state.failure ?? '' }],
  );
}
