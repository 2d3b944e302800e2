import { expect } from 'chai';
import { isSupportedEnvoy, parseEnvoyVersion, probeEnvoy } from '../../../envoy/binary/version.ts';
import { standIn } from './stand-in.ts';

const COMMIT = '9e5580933739775e8bce696a57a2e1bc99368f23';

describe('envoy/binary/version', () => {
  it('parses the output of envoy --version', () => {
    const output = (version: string): string =>
      `\n/usr/bin/envoy  version: ${COMMIT}/${version}/Clean/RELEASE/BoringSSL\n\n`;
    expect(parseEnvoyVersion(output('1.40.0'))).to.equal('1.40.0');
    expect(parseEnvoyVersion(output('1.41.0-dev'))).to.equal('1.41.0-dev');
    expect(parseEnvoyVersion('Laravel Envoy 2.9.0')).to.equal(undefined);
    expect(parseEnvoyVersion('')).to.equal(undefined);
  });

  it('accepts 1.40 and newer, before 2.0', () => {
    const verdicts = ['1.39.9', '1.40.0', '1.40.7', '1.41.0-dev', '1.123.0', '2.0.0', '2.41.0', '0.40.0'].map(
      isSupportedEnvoy,
    );
    expect(verdicts).to.deep.equal([false, true, true, true, true, false, false, false]);
  });

  it('finds out what a program is', async () => {
    expect(await probeEnvoy(standIn('1.40.2'))).to.deep.equal({ kind: 'supported', version: '1.40.2' });
    expect(await probeEnvoy(standIn('1.22.0'))).to.deep.equal({ kind: 'unsupported', version: '1.22.0' });
    expect(await probeEnvoy(standIn('1.40.0', { script: 'echo Laravel Envoy 2.9.0' }))).to.deep.equal({
      kind: 'broken',
      reason: 'it does not report an Envoy version',
    });
    expect(await probeEnvoy(standIn('1.40.0', { script: 'echo libc is too old >&2; exit 1' }))).to.deep.equal({
      kind: 'broken',
      reason: 'it does not run: libc is too old',
    });
    expect(await probeEnvoy(standIn('1.40.0', { script: 'kill -SEGV $$' }))).to.deep.equal({
      kind: 'broken',
      reason: 'it was ended by SIGSEGV',
    });
    expect(await probeEnvoy(standIn('1.40.0', { mode: 0o644 }))).to.deep.equal({
      kind: 'broken',
      reason: 'it is not executable',
    });
    expect(await probeEnvoy('/no/such/envoy')).to.deep.equal({ kind: 'broken', reason: 'it does not exist' });
  });

  it('gives up on a program that does not answer', async () => {
    const silent = standIn('1.40.0', { script: 'exec sleep 600' });
    expect(await probeEnvoy(silent, 50)).to.deep.equal({
      kind: 'broken',
      reason: 'it did not answer --version within 0.05 s',
    });
  });
});
