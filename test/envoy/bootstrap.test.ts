import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { renderBootstrap } from '../../envoy/bootstrap.ts';

const rendered = z.looseObject({
  static_resources: z.looseObject({
    listeners: z.array(z.looseObject({ address: z.unknown() })),
    clusters: z.array(z.looseObject({ name: z.string(), load_assignment: z.unknown() })),
  }),
});

const SETTINGS = {
  address: '127.0.0.1',
  port: 1234,
  sockets: { extAuthz: ['a.sock', 'b.sock', 'c.sock'], extProc: ['d.sock'], metadata: ['e.sock'] },
};

describe('envoy/bootstrap', () => {
  const config = rendered.parse(parse(renderBootstrap(SETTINGS), { maxAliasCount: 100 }));

  it('sets the listener', () => {
    const addresses = config.static_resources.listeners.map(({ address }) => address);
    expect(addresses).to.deep.equal([{ socket_address: { address: '127.0.0.1', port_value: 1234 } }]);
  });

  it('sets one endpoint for each socket of a service, and leaves the other clusters alone', () => {
    const paths = Object.fromEntries(
      config.static_resources.clusters.map(({ name, load_assignment }) => [
        name,
        [...JSON.stringify(load_assignment).matchAll(/"path":"([^"]+)"/g)].map(([, path]) => path),
      ]),
    );
    expect(paths).to.deep.equal({
      'ext-authz': ['a.sock', 'b.sock', 'c.sock'],
      'ext-proc': ['d.sock'],
      metadata: ['e.sock'],
      watcher: ['watcher.sock'],
    });
  });

  it('refuses a template that is no configuration of Envoy', () => {
    expect(() => renderBootstrap(SETTINGS, 'static_resources: {}')).to.throw();
  });
});
