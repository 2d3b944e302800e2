import { expect } from 'chai';
import { socketNames } from '../../../runtime/state/sockets.ts';

describe('runtime/state/sockets', () => {
  it('names one socket for each process', () => {
    expect(socketNames(2)).to.deep.equal({
      extAuthz: ['ext-authz-0.sock', 'ext-authz-1.sock'],
      metadata: ['ext-authz-0-http.sock', 'ext-authz-1-http.sock'],
      extProc: ['ext-proc-0.sock', 'ext-proc-1.sock'],
      metrics: ['ext-proc-0-http.sock', 'ext-proc-1-http.sock'],
    });
  });
});
