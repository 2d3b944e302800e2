import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { errors } from 'jose';
import { IssuerUnavailable, issuerMismatch, KeySet } from '../../../ext-authz/identity/key-set.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, startIssuer } from '../local-issuer.ts';

const COOLDOWN_MS = 10_000;
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
    const captured = capturedLog();
    messages = captured.messages;
    keys = new KeySet({ issuer: issuer.url, log: captured.log, nowMs: () => nowMs });
  });

  afterEach(() => issuer.close());

  const token = { payload: '', signature: '' };
  const find = (kid: string) =>
    keys.getKey({ alg: 'ES256', kid }, token).then(
      () => 'found',
      (error: unknown) => {
        if (error instanceof errors.JWKSNoMatchingKey) return 'no such key';
        if (error instanceof IssuerUnavailable) return 'unavailable';
        throw error;
      },
    );
  const timesAsked = () => issuer.asked.filter((path) => path === JWKS).length;

  it('asks the issuer once for however many requests', async () => {
    expect(await Promise.all(['first', 'first', 'first'].map(find))).to.deep.equal(['found', 'found', 'found']);
    expect(issuer.asked).to.deep.equal(['/.well-known/openid-configuration', JWKS]);
  });

  it('finds the discovery document of an issuer with a path and a slash', async () => {
    const paths: string[] = [];
    const fetch = ((url: string) => {
      paths.push(url);
      return Promise.reject(new Error('not reached'));
    }) as unknown as typeof globalThis.fetch;
    await new KeySet({ issuer: 'https://i.example/realms/a/', log: capturedLog().log, fetch }).refresh();
    expect(paths).to.deep.equal(['https://i.example/realms/a/.well-known/openid-configuration']);
  });

  it('takes no keys from an address that is not secured', async () => {
    const fetch = (() =>
      Promise.resolve(
        Response.json({ issuer: 'https://i.example', jwks_uri: 'http://i.example/jwks' }),
      )) as typeof globalThis.fetch;
    keys = new KeySet({ issuer: 'https://i.example', log: capturedLog().log, fetch });
    expect(await find('first')).to.equal('unavailable');
  });

  it('finds a new key at once when the last question is long enough ago', async () => {
    await keys.refresh();
    issuer.keys.push(await issuer.newKey('second'));
    nowMs = COOLDOWN_MS;
    expect(await find('second')).to.equal('found');
    expect(timesAsked()).to.equal(2);
  });

  it('does not ask more often than the cooldown allows, whatever the tokens say', async () => {
    await keys.refresh();
    nowMs = COOLDOWN_MS - 1;
    expect(await Promise.all(['a', 'b', 'c'].map(find))).to.deep.equal(['no such key', 'no such key', 'no such key']);
    expect(timesAsked()).to.equal(1);
    nowMs = COOLDOWN_MS;
    expect(await find('a')).to.equal('no such key');
    nowMs = 2 * COOLDOWN_MS - 1;
    expect(await find('a')).to.equal('no such key');
    expect(timesAsked()).to.equal(2);
  });

  it('lets every request of a rotation wait for the one answer', async () => {
    await keys.refresh();
    issuer.keys.push(await issuer.newKey('second'));
    nowMs = COOLDOWN_MS;
    const outcomes = [find('second')];
    await setImmediate();
    outcomes.push(find('second'), find('first'));
    expect(await Promise.all(outcomes)).to.deep.equal(['found', 'found', 'found']);
    expect(timesAsked()).to.equal(2);
  });

  it('forgets a key that is no longer published', async () => {
    await keys.refresh();
    issuer.keys = [await issuer.newKey('second')];
    await keys.refresh();
    nowMs = COOLDOWN_MS;
    expect(await find('first')).to.equal('no such key');
  });

  it('goes on with old keys while the issuer is down, and says so once', async () => {
    await keys.refresh();
    issuer.mood = 'broken';
    for (const factor of [2, 4, 6]) {
      nowMs = factor * REFRESH_MS;
      expect(await find('first')).to.equal('found');
      await keys.refresh();
    }
    expect(messages).to.deep.equal(['no keys from the issuer: its known keys go on']);
    issuer.mood = 'well';
    await keys.refresh();
    expect(messages.at(-1)).to.equal('the issuer answers again');
  });

  it('asks anew for keys that are old, and does not let requests wait for it', async () => {
    await keys.refresh();
    issuer.mood = 'silent';
    nowMs = REFRESH_MS + 1;
    expect(await find('first')).to.equal('found');
    expect(await find('first')).to.equal('found');
  });

  it('without any keys says that nobody can be verified, and asks again after a second', async () => {
    issuer.mood = 'broken';
    expect(await find('first')).to.equal('unavailable');
    nowMs = 1_000;
    expect(await find('first')).to.equal('unavailable');
    expect(issuer.asked).to.have.length(1);
    issuer.mood = 'well';
    nowMs = 1_001;
    expect(await find('first')).to.equal('found');
    expect(messages).to.deep.equal([
      'no keys from the issuer: nobody can be verified until it answers',
      'the issuer answers again',
    ]);
  });

  it('does not wait for ever for an issuer that hangs', async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      signals.push(init?.signal);
      return globalThis.fetch(input, init);
    };
    issuer.mood = 'silent';
    keys = new KeySet({ issuer: issuer.url, log: capturedLog().log, fetch });
    expect(await find('first')).to.equal('unavailable');
    expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true]);
  });

  it('takes no document that is no document', async () => {
    for (const body of ['', 'null', '[]', '{"issuer":5}', `{"issuer":"${issuer.url}","jwks_uri":"x"}`]) {
      const fetch = (() => Promise.resolve(new Response(body))) as typeof globalThis.fetch;
      keys = new KeySet({ issuer: issuer.url, log: capturedLog().log, fetch });
      expect(await find('first'), body).to.equal('unavailable');
    }
  });

  it('says how two issuers differ', () => {
    expect(issuerMismatch('https://a', 'https://b')).to.equal(
      'the issuer is configured as https://a but calls itself https://b',
    );
    expect(issuerMismatch('https://a', 'https://a/')).to.match(/differ only in the trailing slash/);
  });
});
