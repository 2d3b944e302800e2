import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { assertPortFree, freePort } from '../../../runtime/processes/ports.ts';
import { rejection } from './rejection.ts';

const HOST = '127.0.0.1';

describe('runtime/processes/ports', () => {
  it('returns different ports to concurrent and to successive calls', async () => {
    const ports = await Promise.all(Array.from({ length: 56 }, () => freePort(HOST)));
    while (ports.length < 256) ports.push(await freePort(HOST));
    expect(new Set(ports).size).to.equal(256);
    await assertPortFree(HOST, ports[0] ?? 0);
  });

  it('rejects a port in use, and hints how to find the process that uses it', async () => {
    const server = createServer().listen(0, HOST);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const error = await rejection(assertPortFree(HOST, port, { platform: 'linux' }));
      expect(error).to.be.instanceOf(UserError).with.property('code', 'port-taken');
      expect(error.message).to.include(`port ${port} on 127.0.0.1`);
      expect(error).to.have.property('hint').that.includes(`ss -ltnp 'sport = :${port}'`).and.includes('--port');
      const onMac = await rejection(assertPortFree(HOST, port, { platform: 'darwin' }));
      expect(onMac).to.have.property('hint').that.includes(`lsof -nP -iTCP:${port}`);
    } finally {
      server.close();
      await once(server, 'close');
    }
    await assertPortFree(HOST, port);
  });

  it('accepts port 0', () => assertPortFree(HOST, 0));

  it('rejects an address of another machine', async () => {
    const error = await rejection(assertPortFree('192.0.2.1', 8080));
    expect(error).to.be.instanceOf(UserError).with.property('code', 'config');
  });
});
