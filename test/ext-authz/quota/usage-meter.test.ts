import { expect } from 'chai';
import type { BucketReading } from '../../../core/quota/reading.ts';
import type { UsageEvent } from '../../../core/quota/usage.ts';
import { UsageMeter } from '../../../ext-authz/quota/usage-meter.ts';
import { UsageBook } from '../../../ledger/usage-book.ts';
import type { UsageReport } from '../../../protos/gen/mcp_gateway/v1/UsageReport.ts';
import { usageService } from '../../../protos/load.ts';

const { requestSerialize, requestDeserialize } = usageService().ReportUsage;

describe('ext-authz/quota/usage-meter', () => {
  let book: UsageBook;
  let meters: UsageMeter[];
  /** What happens to the next report: it is lost, or its answer is. */
  let fault: 'lost' | 'unanswered' | undefined;
  let sizes: number[];

  const meterOf = (process: string) => {
    const send = (report: UsageReport) => {
      const bytes = requestSerialize(report);
      sizes.push(bytes.length);
      if (fault === 'lost') return Promise.reject(new Error('away'));
      const receipt = book.add(requestDeserialize(bytes));
      return fault === 'unanswered' ? Promise.reject(new Error('late')) : Promise.resolve(receipt);
    };
    const meter = new UsageMeter({ process, send });
    meters.push(meter);
    return meter;
  };

  const event = (user = 'ann', tool = 'search'): UsageEvent => ({
    ...{ tenant: 'red', user, backend: 'jira', outcome: 'allowed' },
    messages: [{ tool, cost: 2 }],
  });
  const reading = (level: number): BucketReading => ({
    ...{ tenant: 'red', key: 'tenant', level, periodMs: 1_000, atMs: Date.now(), shared: true },
  });
  const known = () => {
    const { spans, buckets } = book.answer('red', 10);
    return { day: spans?.[1], levels: buckets?.map(({ level }) => level) };
  };

  beforeEach(() => {
    book = new UsageBook();
    meters = [];
    sizes = [];
    fault = undefined;
  });
  afterEach(() => Promise.all(meters.map((meter) => meter.close())));

  it('reports only new counts to the watcher', async () => {
    const [one, two] = [meterOf('one'), meterOf('two')];
    one.count(event(), [reading(5)]);
    two.count(event('bob'), [reading(7)]);
    await Promise.all([one.flush(), two.flush()]);
    one.count(event(), [reading(6)]);
    for (let times = 0; times < 3; times++) await Promise.all([one.flush(), two.flush()]);
    const { day, levels } = known();
    expect(day?.all).to.deep.equal({ requests: 3, cost: 6, denied: 0, wouldDeny: 0 });
    expect(day?.users?.map(({ name, count }) => [name, count?.requests])).to.deep.equal([
      ['ann', 2],
      ['bob', 1],
    ]);
    expect(levels).to.deep.equal([6, 7]);
    expect(book.answer('blue', 10).buckets).to.deep.equal([]);
  });

  for (const kind of ['lost', 'unanswered'] as const) {
    it(`neither loses nor doubles reports that are ${kind}`, async () => {
      const meter = meterOf('one');
      fault = kind;
      for (let times = 0; times < 3; times++) {
        meter.count(event(), [reading(times)]);
        await meter.flush();
      }
      fault = undefined;
      await meter.flush();
      await meter.flush();
      expect(known().day?.all?.requests).to.equal(3);
      expect(known().levels).to.deep.equal([2]);
    });
  }

  it('reports everything again to a restarted watcher', async () => {
    const meter = meterOf('one');
    meter.count(event(), [reading(1)]);
    await meter.flush();
    book = new UsageBook();
    meter.count(event('bob'), []);
    await meter.flush();
    await meter.flush();
    await meter.flush();
    expect(known().day?.users).to.have.length(2);
    expect(known().day?.all?.requests).to.equal(2);
    expect(known().levels).to.deep.equal([1]);
  });

  it('detects a restarted watcher even without new requests', async () => {
    const meter = meterOf('one');
    meter.count(event(), []);
    await meter.flush();
    book = new UsageBook();
    await meter.flush();
    await meter.flush();
    expect(known().day?.all?.requests).to.equal(1);
  });

  it('drops the own bucket of a restarted process, but not its counts', async () => {
    const meter = meterOf('one');
    meter.count(event(), [{ ...reading(9), shared: false }]);
    await meter.flush();
    const successor = meterOf('one');
    successor.count(event(), []);
    await successor.flush();
    expect(known().levels).to.deep.equal([]);
    expect(known().day?.all?.requests).to.equal(2);
  });

  it('splits a report that would be too long for one message', async () => {
    const meter = meterOf('one');
    fault = 'lost';
    for (let tenant = 0; tenant < 12; tenant++) {
      for (let index = 0; index < 1_000; index++) {
        const name = `${index}`.padEnd(120, 'x');
        meter.count({ ...event(name, name), tenant: tenant === 0 ? 'red' : `tenant-${tenant}` }, []);
      }
    }
    await meter.flush();
    fault = undefined;
    for (let times = 0; times < 8; times++) await meter.flush();
    expect(Math.max(...sizes)).to.be.lessThan(4 << 20);
    expect(known().day?.all?.requests).to.equal(1_000);
    const last = book.answer('tenant-11', 2_000).spans?.[1];
    expect([last?.all?.requests, last?.users?.length, last?.tools?.length]).to.deep.equal([1_000, 1_000, 1_000]);
  });
});
