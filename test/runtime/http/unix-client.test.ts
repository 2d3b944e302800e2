import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { askAdmin, askService, speaksGrpc } from '../../../runtime/http/unix-client.ts';
import { freeSocket, serveAnywhere } from '../grpc/socket.ts';

describe('runtime/http/unix-client', () => {
  it('rejects with the code of the system when the socket does not exist', async () => {
    for (const asked of [askService(freeSocket(), '/'), askAdmin(freeSocket(), 'GET', '/')]) {
      const error = await asked.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('code', 'ENOENT');
    }
  });

  it('finds out whether a gRPC server answers', async () => {
    const grpc = await serveAnywhere(() => undefined);
    expect(await speaksGrpc(grpc.socket)).to.equal(true);
    await grpc.stop(0);
    expect(await speaksGrpc(grpc.socket)).to.equal(false);
  });

  it('gives up on a server that accepts connections and stays silent', async () => {
    const socket = freeSocket();
    const silent = createServer((connection) => connection.on('error', () => undefined)).listen(socket);
    await once(silent, 'listening');
    const [rejected, grpc] = await Promise.all([
      askService(socket, '/').then(
        () => false,
        () => true,
      ),
      speaksGrpc(socket),
    ]);
    expect({ rejected, grpc }).to.deep.equal({ rejected: true, grpc: false });
    silent.close();
  }).timeout(5_000);
});
