import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { IssuerUnavailable, KeySet } from '../../../ext-authz/identity/key-set.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, startIssuer } from '../local-issuer.ts';

const FIRST_COOLDOWN_MS = 1_000;
const COOLDOWN_MS = 10_000;
const RETRY_MS = 30_000;
const REFRESH_MS = 600_000;
const JWKS = '/jwks';

describe('ext-authz/identity/key-set', () => {
  let issuer: LocalIssuer;
  let nowMs: number;
  let keys: KeySet;
  let messages: string[];

  beforeEach(async () => {
    issuer = await startIssuer();
    nowMs = 0;
    const captured = capturedLog('info');
    messages = captured.messages;
    keys = new KeySet({ issuer: { url: issuer.url }, log: captured.log, nowMs: () => nowMs });
  });

  afterEach(() => issuer.close());

  const find = (kid: string | undefined) =>
    keys.find({ alg: 'ES256', kid }).then(
      (found) => (found.keys.length > 0 ? 'found' : 'no such key'),
      (error: unknown) => {
        if (error instanceof IssuerUnavailable) return 'unavailable';
        throw error;
      },
    );
  const timesAsked = () => issuer.asked.filter((path) => path === JWKS).length;

  it('asks the issuer once for any number of requests', async () => {
    expect(await Promise.all(['first', 'first', undefined].map(find))).to.deep.equal(['found', 'found', 'found']);
    expect(issuer.asked).to.deep.equal(['/.well-known/openid-configuration', JWKS]);
  });

  it('finds a new key immediately if the issuer was last asked long enough ago', async () => {
    await keys.refresh();
    issuer.keys.push(await issuer.newKey('second'));
    nowMs = COOLDOWN_MS;
    expect(await find('second')).to.equal('found');
    expect(timesAsked()).to.equal(2);
  });

  it('does not ask more often than the cooldown allows, whatever the tokens', async () => {
    await keys.refresh();
    nowMs = COOLDOWN_MS - 1;
    expect(await Promise.all(['a', 'b', 'c'].map(find))).to.deep.equal(['no such key', 'no such key', 'no such key']);
    expect(await keys.renew()).to.equal(false);
    expect(timesAsked()).to.equal(1);
    nowMs = COOLDOWN_MS;
    expect(await find('a')).to.equal('no such key');
    nowMs = 2 * COOLDOWN_MS - 1;
    expect(await find('a')).to.equal('no such key');
    expect(timesAsked()).to.equal(2);
  });

  it('makes every request during a rotation wait for one answer', async () => {
    await keys.refresh();
    issuer.keys.push(await issuer.newKey('second'));
    nowMs = COOLDOWN_MS;
    const outcomes = [find('second')];
    await setImmediate();
    outcomes.push(find('second'), find('first'));
    expect(await Promise.all(outcomes)).to.deep.equal(['found', 'found', 'found']);
    expect(timesAsked()).to.equal(2);
  });

  it('drops a key that is no longer published, and changes the version', async () => {
    await keys.refresh();
    const { version } = keys;
    await keys.refresh();
    expect(keys.version).to.equal(version);
    issuer.keys = [await issuer.newKey('second')];
    await keys.refresh();
    expect(keys.version).to.equal(version + 1);
    nowMs = COOLDOWN_MS;
    expect(await find('first')).to.equal('no such key');
  });

  it('logs that an issuer publishes no usable key', async () => {
    issuer.keys = [];
    issuer.moreKeys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'first' }];
    expect(await find('first')).to.equal('no such key');
    await keys.refresh();
    expect(messages).to.deep.equal(['the issuer publishes no usable keys: no token can be verified']);
  });

  it('uses old keys while the issuer is down, and logs that once', async () => {
    await keys.refresh();
    issuer.mood = 'broken';
    for (const factor of [2, 4, 6]) {
      nowMs = factor * REFRESH_MS;
      expect(await find('first')).to.equal('found');
      await keys.refresh();
    }
    expect(messages).to.deep.equal(['no keys from the issuer: using its known keys']);
    issuer.mood = 'well';
    await keys.refresh();
    expect(messages.at(-1)).to.equal('the issuer answers again');
  });

  it('soon asks an issuer that was down again, on its own', async () => {
    await keys.refresh();
    issuer.mood = 'broken';
    nowMs = REFRESH_MS;
    await keys.refresh();
    const asked = issuer.asked.length;
    nowMs += RETRY_MS;
    keys.keepFresh();
    expect(issuer.asked).to.have.length(asked);
    issuer.mood = 'well';
    nowMs++;
    expect(await find('first')).to.equal('found');
    await eventually(
      () => messages.at(-1),
      (message) => message === 'the issuer answers again',
    );
    expect(issuer.asked).to.have.length(asked + 2);
  });

  for (const mood of ['silent', 'silent-keys'] as const) {
    it(`does not make requests with known keys wait for an issuer that is ${mood}`, async () => {
      await keys.refresh();
      issuer.mood = mood;
      nowMs = REFRESH_MS + 1;
      expect(await find('first')).to.equal('found');
      // Tokens with unknown keys wait for the answer that does not come; other tokens do not.
      const order: string[] = [];
      const strangers = ['x', 'y', 'z'].map(async (kid) => order.push(`${kid}: ${await find(kid)}`));
      await eventually(
        () => issuer.unanswered,
        (waiting) => waiting === 1,
      );
      for (const kid of ['first', undefined, 'first']) order.push(await find(kid));
      await Promise.all(strangers);
      expect(order).to.deep.equal(['found', 'found', 'found', ...['x', 'y', 'z'].map((kid) => `${kid}: no such key`)]);
    });
  }

  it('logs that no token can be verified without keys, and asks again after a second', async () => {
    issuer.mood = 'broken';
    expect(await find('first')).to.equal('unavailable');
    nowMs = FIRST_COOLDOWN_MS - 1;
    expect(await find('first')).to.equal('unavailable');
    expect(issuer.asked).to.have.length(1);
    issuer.mood = 'well';
    nowMs = FIRST_COOLDOWN_MS;
    expect(await find('first')).to.equal('found');
    expect(messages).to.deep.equal([
      'no keys from the issuer: no token can be verified until it answers',
      'the issuer answers again',
    ]);
  });

  it('does not wait forever for an issuer that hangs', async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      signals.push(init?.signal);
      return globalThis.fetch(input, init);
    };
    issuer.mood = 'silent';
    keys = new KeySet({ issuer: { url: issuer.url }, log: capturedLog().log, fetch });
    expect(await find('first')).to.equal('unavailable');
    expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true]);
  });

  describe('of an issuer that cannot be reached', () => {
    const DAY_MS = 86_400_000;

    it('count until they are older than maxAge', async () => {
      await keys.refresh();
      issuer.mood = 'broken';
      nowMs = DAY_MS;
      expect(await find('first')).to.equal('found');
      const before = keys.version;
      nowMs = DAY_MS + 1;
      expect(await find('first')).to.equal('unavailable');
      // Tokens that were verified with them must be verified again.
      expect(keys.version).to.be.above(before);
      expect(messages.filter((message) => message.includes('keys.maxAge'))).to.have.length(1);
    });

    it('count from their last publication, and again after the next one', async () => {
      await keys.refresh();
      nowMs = DAY_MS;
      await keys.refresh();
      issuer.mood = 'broken';
      nowMs = 2 * DAY_MS;
      expect(await find('first')).to.equal('found');
      nowMs++;
      expect(await find('first')).to.equal('unavailable');
      issuer.mood = 'well';
      nowMs += FIRST_COOLDOWN_MS;
      expect(await find('first')).to.equal('found');
    });

    it('have the maxAge that is set', async () => {
      keys.maxAgeMs = 1_000;
      await keys.refresh();
      issuer.mood = 'broken';
      nowMs = 1_001;
      expect(await find('first')).to.equal('unavailable');
    });
  });
});
