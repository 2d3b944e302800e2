import { existsSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  externalProcessorClient,
  externalProcessorService,
  statusClient,
  statusService,
} from '../../../protos/load.ts';
import { serveUnix } from '../../../runtime/grpc/server.ts';
import { clientOn, freeSocket } from './socket.ts';
import { Messages } from './stream.ts';

describe('runtime/grpc/server', () => {
  it('replaces the socket of an earlier process, and only its user can open it', async () => {
    const socket = freeSocket();
    writeFileSync(socket, '');
    const server = await serveUnix(socket, () => {});
    expect(statSync(socket).isSocket()).to.equal(true);
    expect(statSync(socket).mode & 0o777).to.equal(0o600);
    await server.stop(0);
    expect(existsSync(socket)).to.equal(false);
  });

  it('rejects if it cannot listen', async () => {
    let error: unknown;
    await serveUnix('/nonexistent/folder/test.sock', () => {}).catch((thrown: unknown) => {
      error = thrown;
    });
    expect(error).to.be.instanceOf(Error);
  });

  it('waits for open calls', async () => {
    const socket = freeSocket();
    let answer = () => {};
    let called = () => {};
    const arrived = new Promise<void>((resolve) => {
      called = resolve;
    });
    const server = await serveUnix(socket, (grpc) => {
      grpc.addService(statusService(), {
        GetStatus: (_call: unknown, callback: (error: null, value: object) => void) => {
          answer = () => callback(null, { envoyConnected: true });
          called();
        },
      });
    });
    const client = clientOn(socket, statusClient());
    const asked = new Promise((resolve) => client.GetStatus({}, (_error, status) => resolve(status?.envoyConnected)));
    await arrived;
    const stopped = server.stop(5_000);
    answer();
    expect(await asked).to.equal(true);
    await stopped;
    client.close();
  });

  it('ends streams that stay open after the grace period', async () => {
    const socket = freeSocket();
    const server = await serveUnix(socket, (grpc) => {
      grpc.addService(externalProcessorService(), {
        Process: (call: { write(message: object): void }) => call.write({ responseHeaders: {} }),
      });
    });
    const client = clientOn(socket, externalProcessorClient());
    const stream = new Messages(client.Process());
    await stream.next();
    await server.stop(1);
    expect(await stream.ended).not.to.equal(0);
    client.close();
  });
});
