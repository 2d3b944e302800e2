import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import { backendSchema } from '../../../core/registry/backend.ts';
import { isLocalAddress } from '../../../watcher/source/local-addresses.ts';
import { UrlEndpoints } from '../../../watcher/source/url-endpoints.ts';

const backend = (...urls: string[]) => backendSchema.parse({ name: 'a', urls });

describe('watcher/source/url-endpoints', () => {
  const changes = new EventEmitter();
  const urls: UrlEndpoints[] = [];
  const endpointsBy = (names: Record<string, string[]>, isForbidden?: (address: string) => boolean) => {
    const one = new UrlEndpoints(
      () => changes.emit('change'),
      (host) => {
        const addresses = names[host];
        return addresses === undefined ? Promise.reject(new Error('not found')) : Promise.resolve(addresses);
      },
      isForbidden,
    );
    urls.push(one);
    return one;
  };

  afterEach(() => {
    for (const one of urls.splice(0)) one.keepOnly([]);
  });

  it('are known immediately if the URL has an address', () => {
    const { endpointsOf } = { endpointsOf: (b: ReturnType<typeof backend>) => endpointsBy({}).endpointsOf(b) };
    expect(endpointsOf(backend('http://10.0.0.1:81', 'http://[::1]'))).to.deep.equal([
      { id: '10.0.0.1:81', address: '10.0.0.1:81', incarnation: '', hostname: '10.0.0.1:81', draining: false },
      { id: '[::1]:80', address: '[::1]:80', incarnation: '', hostname: '[::1]', draining: false },
    ]);
  });

  for (const address of [
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '169.254.169.254', '100.100.100.200', '168.63.129.16', '2852039166'],
    ...['[::1]', '[::]', '[fe80::1]', '[fd00:ec2::254]', '[::ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]'],
  ]) {
    it(`do not include the local address ${address} if local ones are forbidden, and a note says so`, () => {
      const one = endpointsBy({}, isLocalAddress);
      const both = backend(`http://${address}/latest`, 'http://10.0.0.1/latest');
      expect(one.isKnown(both)).to.equal(true);
      expect(one.endpointsOf(both).map(({ id }) => id)).to.deep.equal(['10.0.0.1:80']);
      expect(one.notesOf(both)).to.have.length(1);
    });
  }

  it('do not include a name that resolves to such an address', async () => {
    const one = endpointsBy({ 'rebound.example': ['169.254.169.254'], 'fine.example': ['10.0.0.1'] }, isLocalAddress);
    const both = backend('http://rebound.example', 'http://fine.example');
    one.endpointsOf(both);
    await once(changes, 'change');
    await Promise.resolve();
    expect(one.endpointsOf(both).map(({ id }) => id)).to.deep.equal(['fine.example:80']);
    expect(one.notesOf(both).join()).to.match(/^rebound\.example .*169\.254\.169\.254/);
  });

  it('are resolved by name, to the first address of each', async () => {
    const one = endpointsBy({ 'a.example': ['10.0.0.1', '10.0.0.2'], 'six.example': ['2001:db8::1'] });
    const both = backend('https://a.example', 'https://six.example:8443');
    expect(one.endpointsOf(both)).to.deep.equal([]);
    await once(changes, 'change');
    await Promise.resolve();
    expect(one.endpointsOf(both).map(({ id, address, hostname }) => [id, address, hostname])).to.deep.equal([
      ['a.example:443', '10.0.0.1:443', 'a.example'],
      ['six.example:8443', '[2001:db8::1]:8443', 'six.example:8443'],
    ]);
  });

  it('that cannot be resolved have a note, and do not hold up the others', async () => {
    const one = endpointsBy({ 'a.example': ['10.0.0.1'] });
    const both = backend('http://a.example', 'http://gone.example');
    one.endpointsOf(both);
    await once(changes, 'change');
    await new Promise(setImmediate);
    expect(one.endpointsOf(both).map(({ id }) => id)).to.deep.equal(['a.example:80']);
    expect(one.notesOf(both).join()).to.contain('gone.example');
    one.keepOnly([]);
    expect(one.notesOf(both)).to.deep.equal([]);
  });
});
