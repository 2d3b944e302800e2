import { expect } from 'chai';
import { pino } from 'pino';
import { renamed } from '../../runtime/log.ts';
import { repeatedKeys } from './repeated-keys.ts';

describe('runtime/log', () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn', base: { name: 'up', host: 'h' } }, { write: (line) => void lines.push(line) });
  beforeEach(() => lines.splice(0));

  it('replaces the name of a logger', () => {
    const watcher = renamed(log, 'watcher');
    watcher.warn({ reason: 'r' }, 'm');
    renamed(watcher, 'issuer').error('n');
    expect(lines.map((line) => repeatedKeys(line))).to.deep.equal([[], []]);
    const [first, second] = lines.map((line) => JSON.parse(line));
    expect(first).to.deep.include({ level: 40, name: 'watcher', host: 'h', reason: 'r', msg: 'm' });
    expect(second).to.deep.include({ level: 50, name: 'issuer', host: 'h', msg: 'n' });
  });

  it('keeps the level', () => {
    renamed(log, 'watcher').info('m');
    expect(lines).to.deep.equal([]);
  });

  it('would find a name that a child logger of pino repeats', () => {
    log.child({ name: 'watcher' }).warn('m');
    expect(repeatedKeys(lines[0] ?? '')).to.deep.equal(['name']);
  });
});
