import { expect } from 'chai';
import { clusterBackendSchema } from '../../../core/registry/backend.ts';
import type { SecretState } from '../../../runtime/registry/source.ts';
import { ClusterSecrets } from '../../../watcher/secrets/cluster-secrets.ts';
import { tlsPair, tlsText } from '../../fixtures/tls/files.ts';

const backend = (more: object) => clusterBackendSchema.parse({ name: 'a', url: 'https://a.example', ...more });
const AUTH = backend({ upstreamAuth: { type: 'bearer', secret: { name: 's', key: 'token' } } });
const SHOWN = backend({ clientCertificate: { secret: 'pair' } });
const TRUSTING = backend({ caSecret: { name: 'ca', key: 'ca.crt' } });

describe('watcher/secrets/cluster-secrets', () => {
  let states: Map<string, SecretState>;
  let kept: string[];
  let secrets: ClusterSecrets;
  const set = (name: string, data: Record<string, string>) => states.set(name, { data: new Map(Object.entries(data)) });
  const setPair = (name: 'client-one' | 'client-two') => {
    const { cert, key } = tlsPair(name);
    set('pair', { 'tls.crt': cert, 'tls.key': key });
  };

  beforeEach(() => {
    states = new Map();
    kept = [];
    secrets = new ClusterSecrets({
      keepOnly: (names) => {
        kept = [...names].sort();
      },
      get: (name) => states.get(name) ?? 'unknown',
    });
  });

  it('are those that backends name, and known once all were read', () => {
    secrets.keepOnly([AUTH, SHOWN, TRUSTING, backend({})]);
    expect(kept).to.deep.equal(['ca', 'pair', 's']);
    expect([secrets.isKnown(AUTH), secrets.isReading(AUTH), secrets.isKnown(backend({}))]).to.deep.equal([
      false,
      true,
      true,
    ]);
    states.set('s', { problem: 'gone' });
    expect([secrets.isKnown(AUTH), secrets.isReading(AUTH)]).to.deep.equal([true, false]);
  });

  it('give a header, which stays the same object until its text changes, and none once the Secret is gone', () => {
    set('s', { token: 'one\n' });
    const header = secrets.credentialOf(AUTH);
    expect(header).to.deep.equal({ name: 'authorization', value: 'Bearer one' });
    expect(secrets.credentialOf(AUTH)).to.equal(header);
    set('s', { token: 'two' });
    expect(secrets.credentialOf(AUTH)).to.deep.equal({ name: 'authorization', value: 'Bearer two' });
    states.set('s', { problem: 'the Secret s is not there' });
    expect(secrets.credentialOf(AUTH)).to.equal('missing');
    expect(secrets.notesOf(AUTH)).to.have.length(1);
  });

  it('keep the last good certificate, but never that of another Secret', () => {
    expect(secrets.certificateOf(SHOWN)).to.equal('missing');
    expect(secrets.credentialOf(SHOWN)).to.equal('missing');
    setPair('client-one');
    const pair = secrets.certificateOf(SHOWN);
    expect(pair).to.be.an('object');
    expect(secrets.credentialOf(SHOWN)).to.equal(undefined);
    set('pair', { 'tls.crt': tlsPair('client-two').cert, 'tls.key': tlsPair('client-one').key });
    expect(secrets.certificateOf(SHOWN)).to.equal(pair);
    expect(secrets.notesOf(SHOWN)[0]).to.match(/clientCertificate: tls\.key of the Secret pair /);
    states.set('pair', { problem: 'gone' });
    expect(secrets.certificateOf(SHOWN)).to.equal(pair);
    expect(secrets.certificateOf(backend({ clientCertificate: { secret: 'another' } }))).to.equal('missing');
    setPair('client-two');
    expect(secrets.certificateOf(SHOWN)).not.to.equal(pair);
    expect(secrets.notesOf(SHOWN)).to.deep.equal([]);
  });

  it('give authorities as PEM; without them the credential is missing', () => {
    expect([secrets.authoritiesOf(TRUSTING), secrets.credentialOf(TRUSTING)]).to.deep.equal(['missing', 'missing']);
    set('ca', { 'ca.crt': `words\n${tlsText('server.pem')}` });
    expect(secrets.authoritiesOf(TRUSTING)).to.match(/^-----BEGIN CERTIFICATE-----/);
    expect(secrets.credentialOf(TRUSTING)).to.equal(undefined);
    set('ca', { 'ca.crt': 'nothing' });
    expect(secrets.authoritiesOf(TRUSTING)).to.match(/^-----BEGIN/);
    expect(secrets.notesOf(TRUSTING)[0]).to.match(/caSecret: ca\.crt of the Secret ca /);
    expect(secrets.authoritiesOf(backend({}))).to.equal(undefined);
  });

  it('of removed backends are forgotten', () => {
    setPair('client-one');
    secrets.certificateOf(SHOWN);
    secrets.keepOnly([]);
    states.clear();
    expect(secrets.certificateOf(SHOWN)).to.equal('missing');
  });
});
