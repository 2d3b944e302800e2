import { expect } from 'chai';
import { adminBackend, socketEndpoint } from '../../../core/admin/backend.ts';
import { backendSchema } from '../../../core/registry/backend.ts';
import { socketOf } from '../../../core/registry/endpoint.ts';

const secretFile = '/run/secret';

describe('core/admin/backend', () => {
  it('makes a backend that requires a tenant, a role and the secret', () => {
    const backend = adminBackend({ tenants: ['platform'] }, { at: { socket: 'a.sock' }, secretFile });
    expect(backend).to.deep.include({
      name: 'gateway',
      tenants: ['platform'],
      roles: ['mcp.admin'],
      affinity: 'none',
      urls: [],
      path: '/mcp',
      drain: 0,
      upstreamAuth: { type: 'bearer', file: secretFile },
    });
    expect(backend.identityHeaders).to.include.members(['subject', 'issuer', 'tenant', 'roles']);
  });

  it('uses the URL of the process if it has one', () => {
    const { urls, path } = adminBackend({ tenants: ['a'] }, { at: { url: 'http://own.ns.svc:8082/mcp' }, secretFile });
    expect(urls.map(({ authority }) => authority)).to.deep.equal(['own.ns.svc:8082']);
    expect(path).to.equal('/mcp');
    expect(socketOf(socketEndpoint('a.sock').address)).to.equal('a.sock');
    expect(socketOf('127.0.0.1:80')).to.equal(undefined);
  });

  it('has a name that no other backend can have', () => {
    const parsed = backendSchema.safeParse({ name: 'gateway', url: 'http://a' });
    expect(parsed.error?.issues.map(({ path }) => path)).to.deep.equal([['name']]);
  });
});
