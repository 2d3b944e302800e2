import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { type EndedSession, packEnded, type SessionRef, wordsOfEnded } from '../../../core/session/ended-record.ts';
import { EndedSessions, MAX_OF_OWNER } from '../../../core/session/ended-sessions.ts';
import { endedOf, hexOf, refOf } from './arbitrary.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const NOW = 1_700_001_000;
const FAR = NOW + 600_000;

/** The n-th session of an owner, each opened a second after the one before. */
const nth = (owner: string, n: number, more: Partial<EndedSession> = {}): EndedSession => ({
  ...{ fingerprint: hexOf(`${owner} ${n}`), owner: hexOf(owner) },
  ...{ issuedAtSeconds: NOW - 100_000 + n, forgetAtSeconds: FAR, ...more },
});

describe('core/session/ended-sessions', () => {
  let ended: EndedSessions;
  const add = (session: EndedSession, now = NOW) => ended.add(wordsOfEnded(session), now);
  const copy = () => {
    const copied = new EndedSessions();
    for (const records of ended.packed()) copied.addPacked(records, NOW);
    return copied;
  };

  beforeEach(() => {
    ended = new EndedSessions();
  });

  it('has what was added, and nothing else', () => {
    add(endedOf('a', FAR));
    add(endedOf('b', FAR));
    add(endedOf('b', FAR));
    expect(['a', 'b', 'c'].map((name) => ended.has(refOf(name)))).to.deep.equal([true, true, false]);
    expect(ended.size).to.equal(2);
  });

  it('is packed and unpacked without loss', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.nat(3), fc.nat(99)), { selector: String }), (all) => {
        ended = new EndedSessions();
        const sessions = all.map(([owner, n]) => nth(`${owner}`, n));
        for (const session of sessions) add(session);
        const packed = Buffer.concat([...ended.packed()]);
        const expected = sessions.map((session) => packEnded(session).toString('hex'));
        const records = Array.from({ length: packed.length / 40 }, (_, n) =>
          packed.toString('hex', 40 * n, 40 * n + 40),
        );
        expect(records.sort()).to.deep.equal(expected.sort());
        for (const session of sessions) expect(copy().has(session)).to.equal(true);
      }),
    );
  });

  it('does not take what has expired, and removes it later, a few records with each addition', () => {
    add(endedOf('over', NOW));
    expect(ended.size).to.equal(0);
    for (let n = 0; n < 5_000; n += 1) add(nth(`owner ${n}`, n, { forgetAtSeconds: NOW + 1 }));
    for (let n = 0; n < 2_500; n += 1) add(nth(`later ${n}`, n), NOW + 1);
    expect(ended.size).to.equal(2_500);
    for (let n = 0; n < 2_500; n += 1) expect(ended.has(nth(`later ${n}`, n))).to.equal(true);
    expect(copy().size).to.equal(2_500);
  });

  it('never has more than three halves of what has not expired, once all of it was looked at', () => {
    let most = 0;
    for (let n = 0; n < 60_000; n += 1) {
      add(nth(`owner ${n % 700}`, n, { forgetAtSeconds: NOW + n + 5_000 }), NOW + n);
      most = Math.max(most, ended.size);
    }
    expect(most).to.be.within(5_000, 7_500);
  });

  describe('with more sessions of one owner than are kept', () => {
    const COUNT = MAX_OF_OWNER + 50;
    beforeEach(() => {
      for (let n = 0; n < COUNT; n += 1) add(nth('greedy', n));
      add(nth('other', 0));
    });

    const outcomes = (all: EndedSessions, make: (n: number) => SessionRef) =>
      Array.from({ length: COUNT + 10 }, (_, n) => all.has(make(n)));

    it('keeps no more, and forgets none', () => {
      expect(ended.size).to.equal(MAX_OF_OWNER + 1);
      for (const all of [ended, copy()]) {
        expect(outcomes(all, (n) => nth('greedy', n))).to.deep.equal([
          ...Array(COUNT).fill(true),
          ...Array(10).fill(false),
        ]);
      }
    });

    it('has all sessions of the owner that are not younger than a dropped one, and no others', () => {
      const neverEnded = (n: number) => ({ ...nth('greedy', n), fingerprint: hexOf(`alive ${n}`) });
      for (const all of [ended, copy()]) {
        expect(outcomes(all, neverEnded)).to.deep.equal([
          ...Array(50).fill(true),
          ...Array(MAX_OF_OWNER + 10).fill(false),
        ]);
      }
    });

    it('has no session of another owner that was not ended', () => {
      expect(outcomes(ended, (n) => nth('other', n))).to.deep.equal([true, ...Array(COUNT + 9).fill(false)]);
    });

    it('forgets them, and the watermark, once they have expired', () => {
      for (let n = 0; n < COUNT; n += 1) add(nth('later', n % 10, { forgetAtSeconds: FAR + 9 }), FAR);
      expect(ended.size).to.equal(10);
      expect(ended.has(nth('greedy', 0))).to.equal(false);
      expect(Buffer.concat([...ended.packed()])).to.have.lengthOf(10 * 40);
    });
  });

  it('has no session that was not ended of an owner with as many as are kept', () => {
    for (let n = 0; n < MAX_OF_OWNER; n += 1) add(nth('owner', n));
    expect(ended.has({ ...nth('owner', 0), fingerprint: hexOf('alive') })).to.equal(false);
  });

  describe('with a million sessions', () => {
    const MANY = 1_000_000;
    const words = new Uint32Array(10);
    /** A million owners, which is the dearest case. The parts of a key are spread as those of a hash are. */
    const addNth = (n: number) => {
      for (let word = 0; word < 8; word += 1) words[word] = Math.imul(n + 1, 0x9e37_79b1 + 2 * word) ^ word;
      words[8] = NOW;
      words[9] = FAR;
      ended.add(words, NOW);
    };
    const memory = () => {
      collectGarbage();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const visitsOf = (work: () => void) => {
      const before = ended.visited;
      work();
      return ended.visited - before;
    };

    it('takes less than 150 MB, and adds and finds as fast as with a thousand', () => {
      const before = memory();
      const visits: number[] = [];
      for (let n = 0; n < MANY; n += 1000) {
        visits.push(visitsOf(() => Array.from({ length: 1000 }, (_, m) => addNth(n + m))));
      }
      expect(ended.size).to.equal(MANY);
      expect(memory() - before).to.be.below(150e6);
      expect(Math.max(...visits) / 1000, 'visits for one addition').to.be.below(200);
      const found = visitsOf(() => {
        for (let n = 0; n < 1000; n += 1) expect(ended.has(refOf(`${n}`))).to.equal(false);
      });
      expect(found / 1000, 'visits for one lookup').to.be.below(20);
      const copied = copy();
      expect(copied.size).to.equal(MANY);
      expect(copied.visited / MANY, 'visits for one record of a packed copy').to.be.below(60);
    }).timeout(240_000);

    it('of one caller, keeps a thousand', () => {
      for (let n = 0; n < MANY / 5; n += 1) {
        for (let word = 0; word < 4; word += 1) words[word] = Math.imul(n + 1, 0x9e37_79b1 + 2 * word);
        words.fill(7, 4, 8);
        words[8] = NOW - MANY + n;
        words[9] = FAR;
        ended.add(words, NOW);
        expect(ended.size).to.be.at.most(MAX_OF_OWNER);
      }
      expect(Buffer.concat([...ended.packed()])).to.have.lengthOf(40 * (MAX_OF_OWNER + 1));
    }).timeout(60_000);
  });
});
