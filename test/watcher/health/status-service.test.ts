import { expect } from 'chai';
import { askStatus } from '../../../runtime/policy/status.ts';
import { StatusService } from '../../../watcher/health/status-service.ts';
import { freeSocket, serveAnywhere } from '../../runtime/grpc/socket.ts';

describe('watcher/health/status-service', () => {
  it('answers with the status of the moment', async () => {
    let problems = ['p'];
    const server = await serveAnywhere((grpc) =>
      new StatusService(() => ({ envoyConnected: true, problems })).addTo(grpc),
    );
    try {
      expect(await askStatus(server.socket)).to.deep.include({ envoyConnected: true, problems: ['p'] });
      problems = ['q'];
      expect(await askStatus(server.socket)).to.deep.include({ problems: ['q'] });
    } finally {
      await server.stop(0);
    }
  });

  it('is unavailable without a watcher', async () => {
    const error = await askStatus(freeSocket()).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 14);
  });
});
