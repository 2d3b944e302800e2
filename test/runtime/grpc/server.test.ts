import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
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

  it('keeps a connection on which many calls are reset', async () => {
    const socket = freeSocket();
    const server = await serveUnix(socket, (grpc) => {
      const GetStatus = (_call: unknown, callback: (error: null, value: object) => void) => callback(null, {});
      grpc.addService(statusService(), { GetStatus });
    });
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) });
    let ended = false;
    const lost = new Promise<void>((resolve) => {
      session.on('goaway', () => {
        ended = true;
        resolve();
      });
    });
    session.on('error', () => undefined);
    const headers = { ':method': 'POST', ':path': '/mcp_gateway.v1.StatusService/GetStatus' };
    const grpc = { ...headers, 'content-type': 'application/grpc', te: 'trailers' };
    for (let n = 0; n < 40 && !ended; n += 1) {
      const calls = Array.from({ length: 100 }, () => session.request(grpc));
      const closed = calls.map((call) => {
        call.on('error', () => undefined);
        call.close(constants.NGHTTP2_CANCEL);
        return once(call, 'close');
      });
      await Promise.race([Promise.all(closed), lost]);
    }
    try {
      expect(ended).to.equal(false);
      const call = session.request(grpc);
      call.end(Buffer.alloc(5));
      const [response] = (await once(call, 'response')) as [Record<string, unknown>];
      expect(response[':status']).to.equal(200);
    } finally {
      session.destroy();
      await server.stop(0);
    }
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
