import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ListenerCertificate } from '../../../envoy/tls/listener-certificate.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { installFile, installPair, PAIR_FILES, tlsPair } from '../../fixtures/tls/files.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';

/** The part of an SDS file that is looked at. */
interface SecretFile {
  resources: { name: string; tls_certificate: { certificate_chain: { inline_string: string }; private_key: object } }[];
}

describe('envoy/tls/listener-certificate', () => {
  let folder: string;
  let secretFile: string;
  let certificate: ListenerCertificate;
  let messages: string[];

  const start = (files = PAIR_FILES) => {
    const captured = capturedLog();
    messages = captured.messages;
    certificate = new ListenerCertificate({ configFile: join(folder, 'gateway.yaml'), secretFile, log: captured.log });
    certificate.watch(files);
  };
  const handed = () => {
    const { resources } = JSON.parse(readFileSync(secretFile, 'utf8')) as SecretFile;
    return resources.map(({ name, tls_certificate }) => [name, tls_certificate.certificate_chain.inline_string]);
  };
  const untilHanded = (name: 'server' | 'second') =>
    eventually(handed, ([secret]) => secret?.[1] === tlsPair(name).cert);
  const untilProblem = (problem: string) =>
    eventually(
      () => certificate.problems.map(({ path, message }) => `${path}: ${message}`),
      (problems) => problems.includes(problem),
    );

  beforeEach(() => {
    folder = emptyFolder();
    secretFile = join(folder, 'secret.json');
    installPair(folder, 'server');
  });
  afterEach(() => certificate.close());

  it('is handed to Envoy, for the eyes of this user', async () => {
    start();
    await untilHanded('server');
    expect(handed().map(([name]) => name)).to.deep.equal(['listener']);
    expect(statSync(secretFile).mode & 0o777).to.equal(0o600);
    expect(certificate.problems).to.deep.equal([]);
  });

  it('is replaced when both files are', async () => {
    start();
    await untilHanded('server');
    const { ino } = statSync(secretFile);
    installPair(folder, 'second');
    await untilHanded('second');
    // Envoy looks only at files that were moved there.
    expect(statSync(secretFile).ino).to.not.equal(ino);
    expect(certificate.problems).to.deep.equal([]);
  });

  it('stays while half of a new pair is there, which is told', async () => {
    start();
    await untilHanded('server');
    installFile('second.pem', join(folder, 'cert.pem'));
    await untilProblem('listen.tls.keyFile: key.pem is not the key of the first certificate in cert.pem');
    expect(handed()[0]?.[1]).to.equal(tlsPair('server').cert);
    expect(messages).to.include('a certificate is refused; the last good one goes on');
    installFile('second-key.pem', join(folder, 'key.pem'));
    await untilHanded('second');
    expect(certificate.problems).to.deep.equal([]);
  });

  it('stays when a file is emptied', async () => {
    start();
    await untilHanded('server');
    writeFileSync(join(folder, 'cert.pem'), '');
    await untilProblem('listen.tls.certFile: cert.pem holds no certificate in PEM');
    expect(handed()[0]?.[1]).to.equal(tlsPair('server').cert);
  });

  it('is not there before the files are', async () => {
    rmSync(join(folder, 'key.pem'));
    start();
    await eventually(
      () => certificate.problems.map(({ message }) => message).join(),
      (problems) => problems.startsWith('key.pem cannot be read: ENOENT'),
    );
    expect(existsSync(secretFile)).to.equal(false);
    expect(messages).to.include('a certificate is refused; there is no good one yet');
    installFile('server-key.pem', join(folder, 'key.pem'));
    await untilHanded('server');
  });

  it('is replaced when a folder of both is, as Kubernetes does with Secrets', async () => {
    for (const name of ['server', 'second'] as const) {
      mkdirSync(join(folder, name));
      installPair(join(folder, name), name);
    }
    symlinkSync('server', join(folder, '..data'));
    for (const file of Object.values(PAIR_FILES)) symlinkSync(`..data/${file}`, join(folder, `mounted-${file}`));
    start({ certFile: 'mounted-cert.pem', keyFile: 'mounted-key.pem' });
    await untilHanded('server');
    symlinkSync('second', join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
    await untilHanded('second');
    // Both came in one step, so at no time was there a half pair.
    expect(messages.filter((message) => message.includes('refused'))).to.deep.equal([]);
  });

  it('warns of a certificate whose time is over, and hands it on', async () => {
    installFile('second-key.pem', join(folder, 'key.pem'));
    installFile('expired.pem', join(folder, 'cert.pem'));
    start();
    await eventually(
      () => messages.join(),
      (text) => text.includes('the certificate has expired on 2021-01-01'),
    );
    await eventually(handed, ([secret]) => secret !== undefined);
  });

  it('keeps to the files that it began with', async () => {
    start();
    await untilHanded('server');
    certificate.watch({ certFile: 'elsewhere.pem', keyFile: 'elsewhere.pem' });
    installPair(folder, 'second');
    await untilHanded('second');
    expect(certificate.problems).to.deep.equal([]);
  });
});
