import { expect } from 'chai';
import { joinMetrics } from '../../pod/metrics.ts';

describe('pod/metrics', () => {
  const text = (value: number) => `# HELP quota_total What was asked for.
# TYPE quota_total counter
quota_total{tenant="a, b",answer="yes"} ${value}
quota_total{tenant="a, b",answer="no"} 0
# HELP wait_seconds How long.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="+Inf"} ${value}
wait_seconds_sum ${value}
plain ${value}
`;

  it('adds the process to each sample, and has HELP and TYPE once', () => {
    const joined = joinMetrics(
      new Map([
        ['ext-authz-0', text(1)],
        ['ext-authz-1', text(2)],
      ]),
    );
    expect(joined).to.equal(`# HELP quota_total What was asked for.
# TYPE quota_total counter
quota_total{process="ext-authz-0",tenant="a, b",answer="yes"} 1
quota_total{process="ext-authz-0",tenant="a, b",answer="no"} 0
quota_total{process="ext-authz-1",tenant="a, b",answer="yes"} 2
quota_total{process="ext-authz-1",tenant="a, b",answer="no"} 0
# HELP wait_seconds How long.
# TYPE wait_seconds histogram
wait_seconds_bucket{process="ext-authz-0",le="+Inf"} 1
wait_seconds_sum{process="ext-authz-0"} 1
wait_seconds_bucket{process="ext-authz-1",le="+Inf"} 2
wait_seconds_sum{process="ext-authz-1"} 2
plain{process="ext-authz-0"} 1
plain{process="ext-authz-1"} 2
`);
  });

  it('is empty if no process has metrics', () => {
    expect(joinMetrics(new Map())).to.equal('');
    expect(joinMetrics(new Map([['ext-authz-0', '']]))).to.equal('');
  });
});
