import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ListenerCertificate } from '../../../envoy/tls/listener-certificate.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { installFile, installPair, PAIR_FILES, tlsPair } from '../../fixtures/tls/files.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';

/** The part of an SDS file that the tests read. */
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
  const written = () => {
    const { resources } = JSON.parse(readFileSync(secretFile, 'utf8')) as SecretFile;
    return resources.map(({ name, tls_certificate }) => [name, tls_certificate.certificate_chain.inline_string]);
  };
  const untilWritten = (name: 'server' | 'second') =>
    eventually(written, ([secret]) => secret?.[1] === tlsPair(name).cert);
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

  it('is written for Envoy, readable only by this user', async () => {
    start();
    await untilWritten('server');
    expect(written().map(([name]) => name)).to.deep.equal(['listener']);
    expect(statSync(secretFile).mode & 0o777).to.equal(0o600);
    expect(certificate.problems).to.deep.equal([]);
  });

  it('is replaced once both files are', async () => {
    start();
    await untilWritten('server');
    const { ino } = statSync(secretFile);
    installPair(folder, 'second');
    await untilWritten('second');
    // Envoy reads only files that were moved there.
    expect(statSync(secretFile).ino).to.not.equal(ino);
    expect(certificate.problems).to.deep.equal([]);
  });

  it('stays while only half of a new pair is there, which is a problem', async () => {
    start();
    await untilWritten('server');
    installFile('second.pem', join(folder, 'cert.pem'));
    await untilProblem('listen.tls.keyFile: key.pem is not the key of the first certificate in cert.pem');
    expect(written()[0]?.[1]).to.equal(tlsPair('server').cert);
    expect(messages).to.include('certificate rejected; keeping the last good one');
    installFile('second-key.pem', join(folder, 'key.pem'));
    await untilWritten('second');
    expect(certificate.problems).to.deep.equal([]);
  });

  it('stays when a file is emptied', async () => {
    start();
    await untilWritten('server');
    writeFileSync(join(folder, 'cert.pem'), '');
    await untilProblem('listen.tls.certFile: cert.pem holds no PEM certificate');
    expect(written()[0]?.[1]).to.equal(tlsPair('server').cert);
  });

  it('is not written before the files exist', async () => {
    rmSync(join(folder, 'key.pem'));
    start();
    await eventually(
      () => certificate.problems.map(({ message }) => message).join(),
      (problems) => problems.startsWith('key.pem cannot be read: ENOENT'),
    );
    expect(existsSync(secretFile)).to.equal(false);
    expect(messages).to.include('certificate rejected; there is no valid one yet');
    installFile('server-key.pem', join(folder, 'key.pem'));
    await untilWritten('server');
  });

  it('is replaced together with the folder of both files, as Kubernetes does with Secrets', async () => {
    for (const name of ['server', 'second'] as const) {
      mkdirSync(join(folder, name));
      installPair(join(folder, name), name);
    }
    symlinkSync('server', join(folder, '..data'));
    for (const file of Object.values(PAIR_FILES)) symlinkSync(`..data/${file}`, join(folder, `mounted-${file}`));
    start({ certFile: 'mounted-cert.pem', keyFile: 'mounted-key.pem' });
    await untilWritten('server');
    symlinkSync('second', join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
    await untilWritten('second');
    // Both files were replaced in one step, so there never was half a pair.
    expect(messages.filter((message) => message.includes('rejected'))).to.deep.equal([]);
  });

  it('is written although it has expired, with a warning', async () => {
    installFile('second-key.pem', join(folder, 'key.pem'));
    installFile('expired.pem', join(folder, 'cert.pem'));
    start();
    await eventually(
      () => messages.join(),
      (text) => text.includes('expired on 2021-01-01'),
    );
    await eventually(written, ([secret]) => secret !== undefined);
  });

  it('keeps watching the files that it started with', async () => {
    start();
    await untilWritten('server');
    certificate.watch({ certFile: 'elsewhere.pem', keyFile: 'elsewhere.pem' });
    installPair(folder, 'second');
    await untilWritten('second');
    expect(certificate.problems).to.deep.equal([]);
  });
});
