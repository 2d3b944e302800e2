import { expect } from 'chai';
import { EventLog } from '../../../runtime/streamable-http/event-log.ts';

describe('runtime/streamable-http/event-log', () => {
  it('returns the events of one stream after a position', () => {
    const log = new EventLog(1_000);
    for (const [stream, line] of [
      [1, 'a'],
      [2, 'b'],
      [1, 'c'],
      [1, 'd'],
    ] as const) {
      log.append(stream, line);
    }
    expect(log.after(1, 1).map(({ line }) => line)).to.deep.equal(['c', 'd']);
    expect(log.after(2, 0)).to.deep.equal([{ number: 2, stream: 2, line: 'b' }]);
    expect(log.after(3, 0)).to.deep.equal([]);
  });

  it('drops the oldest events above its size, but never the newest', () => {
    const log = new EventLog(10);
    log.append(1, '12345');
    log.append(1, '67890');
    log.append(1, '+');
    expect(log.after(1, 0).map(({ line }) => line)).to.deep.equal(['67890', '+']);
    log.append(1, 'x'.repeat(50));
    expect(log.after(1, 0).map(({ number }) => number)).to.deep.equal([4]);
  });

  it('keeps 256 events', () => {
    const log = new EventLog(100_000);
    for (let count = 0; count < 300; count++) log.append(1, 'x');
    const kept = log.after(1, 0);
    expect(kept).to.have.length(256);
    expect(kept[0]?.number).to.equal(45);
  });
});
