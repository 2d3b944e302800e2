import { expect } from 'chai';
import { LogReports } from '../../../watcher/health/log-reports.ts';

describe('watcher/health/log-reports', () => {
  const logs = [{ log: 'audit', lost: 1, failure: '' }];

  it('keeps the last report of each process for a minute', () => {
    let nowMs = 0;
    const reports = new LogReports(() => nowMs);
    reports.add({ process: 'up', logs });
    reports.add({ process: 'ext-authz-0', logs: [] });
    nowMs = 60_000;
    reports.add({ process: 'ext-proc-0', logs });
    expect(reports.current().map(({ process }) => process)).to.deep.equal(['ext-proc-0', 'up']);
    nowMs = 60_001;
    expect(reports.current().map(({ process }) => process)).to.deep.equal(['ext-proc-0']);
    reports.add({ process: 'ext-proc-0', logs: [] });
    expect(reports.current()).to.deep.equal([]);
  });

  it('is bounded', () => {
    const reports = new LogReports(() => 0);
    for (let count = 0; count < 2_000; count++) reports.add({ process: String(count), logs });
    expect(reports.current()).to.have.length(1_000);
  });
});
