import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../core/errors.ts';
import { openAuditLog } from '../../runtime/audit.ts';
import { startChild } from '../../runtime/processes/child.ts';
import { ownIdentity } from '../../runtime/processes/identity.ts';
import { endLeftovers, recordChild } from '../../runtime/processes/leftovers.ts';
import { acquireLock } from '../../runtime/processes/lock.ts';
import { assertPortFree } from '../../runtime/processes/ports.ts';
import { watchSessionKeys } from '../../runtime/state/session-keys.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';
import { emptyFolder } from './processes/folder.ts';
import { rejection } from './processes/rejection.ts';

const folder = emptyFolder();

/** The wording of each message of this room, asserted here alone. */
const ERRORS: readonly [what: string, run: () => unknown, message: string][] = [
  [
    'a program that does not exist',
    () => startChild({ name: 'x', command: ['no-such-program'] }),
    'cannot start x: the program no-such-program was not found',
  ],
  [
    'a file that is not a program',
    () => startChild({ name: 'x', command: ['/etc/passwd'] }),
    'cannot start x: the program /etc/passwd is not executable',
  ],
  [
    'a working directory that does not exist',
    () => startChild({ name: 'x', command: ['true'], cwd: '/no/such' }),
    'cannot start x: the working directory /no/such does not exist',
  ],
  [
    'a state folder that is in use',
    () => {
      mkdirSync(join(folder, 'state'));
      writeFileSync(join(folder, 'state', 'gateway.lock'), JSON.stringify(ownIdentity()));
      return acquireLock(join(folder, 'state'));
    },
    `another gateway is already running: process ${process.pid} uses ${join(folder, 'state')}`,
  ],
  [
    'an address of another machine',
    () => assertPortFree('192.0.2.1', 8080),
    '192.0.2.1 is not an address of this machine',
  ],
  [
    'session keys that are missing',
    () => watchSessionKeys(join(folder, 'keys'), capturedLog().log, () => {}),
    `the session keys cannot be read: ${join(folder, 'keys')}`,
  ],
  [
    'an audit log that cannot be written',
    () => openAuditLog(join(folder, 'none', 'audit.log')),
    `the audit log cannot be written: ENOENT: no such file or directory, open '${join(folder, 'none', 'audit.log')}'`,
  ],
];

describe('messages of runtime', () => {
  for (const [what, run, message] of ERRORS) {
    it(`for ${what}`, async () => {
      expect((await rejection((async () => run())())).message).to.equal(message);
    });
  }

  it('for a port in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const error = await rejection(assertPortFree('127.0.0.1', port, { platform: 'linux' }));
    server.close();
    expect(error).to.be.instanceOf(UserError);
    expect([error.message, (error as UserError).hint]).to.deep.equal([
      `port ${port} on 127.0.0.1 is already in use`,
      `Find the process that uses it: ss -ltnp 'sport = :${port}'\nOr choose another port with --port N; --port 0 picks a free one.`,
    ]);
  });

  it('for a child that a killed gateway left behind', async () => {
    const file = join(folder, 'children.json');
    const child = await startChild({ name: 'envoy', command: ['sleep', '600'] });
    recordChild(file, child);
    const { log, messages } = capturedLog('warn');
    await endLeftovers(file, log);
    await child.exited;
    expect(messages).to.deep.equal([`ending envoy (process ${child.pid}), left behind by a gateway that was killed`]);
  });
});
