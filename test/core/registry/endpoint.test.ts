import { expect } from 'chai';
import { endpointFileSchema, endpointSchema, splitAddress } from '../../../core/registry/endpoint.ts';

const ENDPOINT = { id: 'a-0', address: '127.0.0.1:80', incarnation: '', hostname: '', draining: false };

describe('core/registry/endpoint', () => {
  it('has an address to which Envoy can connect', () => {
    for (const address of ['10.0.0.1:1', '[::1]:65535', '[fe80::1]:80']) {
      expect(endpointSchema.safeParse({ ...ENDPOINT, address }).success, address).to.equal(true);
    }
    for (const address of ['localhost:80', '10.0.0.1', '::1:80', '10.0.0.1:', '10.0.0.1:123456', '10.0.0.1:80\n']) {
      expect(endpointSchema.safeParse({ ...ENDPOINT, address }).success, address).to.equal(false);
    }
  });

  it('is split into ip and port', () => {
    expect(splitAddress('10.0.0.1:80')).to.deep.equal({ ip: '10.0.0.1', port: 80 });
    expect(splitAddress('[2001:db8::1]:8080')).to.deep.equal({ ip: '2001:db8::1', port: 8080 });
  });

  it('is in a file with notes', () => {
    expect(endpointFileSchema.parse({ backend: 'a', endpoints: [ENDPOINT] }).notes).to.deep.equal([]);
    expect(endpointFileSchema.safeParse({ backend: 'a', endpoints: [ENDPOINT], note: [] }).success).to.equal(false);
  });
});
