import { type AuditLog, openAuditLog } from '../runtime/audit.ts';
import type { Logger } from '../runtime/log.ts';
import { processLogState } from '../runtime/logs/process-log.ts';
import { logMetrics } from '../runtime/logs/state.ts';
import { LogReporter } from '../runtime/policy/log-reporter.ts';

/** An audit log whose failures are in the log, the metrics and the status. */
export interface ReportedAudit extends AuditLog {
  /** The state of both logs of this process in the text format of Prometheus. */
  readonly metrics: string;
}

/**
 * Opens the audit log of a process and reports its state to the watcher.
 *
 * @param options.process name of the process in the status
 * @throws UserError `config` if the file cannot be opened and waiting would not help
 */
export function openReportedAudit(options: {
  file: string;
  process: string;
  watcherSocket: string;
  log: Logger;
}): ReportedAudit {
  const { file, process, watcherSocket, log } = options;
  const audit = openAuditLog(file, {
    onChange: ({ failure, lost }) => {
      if (failure === undefined) log.info({ file, lost }, 'the audit log is written again');
      else log.error({ file, reason: failure }, 'the audit log cannot be written; its lines wait');
    },
    onRotationFailed: (error) => log.error({ file, err: error }, 'the audit log cannot be rotated; it grows'),
  });
  const states = () => ({ audit: audit.state, process: processLogState() });
  const reporter = new LogReporter({ watcherSocket, process, states });
  return {
    write: audit.write,
    limit: audit.limit,
    flushed: audit.flushed,
    get state() {
      return audit.state;
    },
    get metrics() {
      return logMetrics(states());
    },
    close: async () => {
      reporter.close();
      await audit.close();
    },
  };
}
