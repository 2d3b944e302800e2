import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { type BootstrapSettings, renderBootstrap } from '../../envoy/bootstrap.ts';

const rendered = z.looseObject({
  static_resources: z.looseObject({
    listeners: z.tuple([
      z.looseObject({
        address: z.unknown(),
        filter_chains: z.tuple([
          z.looseObject({
            transport_socket: z.looseObject({ typed_config: z.looseObject({}) }).optional(),
            filters: z.tuple([
              z.looseObject({
                typed_config: z.looseObject({
                  use_remote_address: z.boolean(),
                  original_ip_detection_extensions: z.array(z.looseObject({ typed_config: z.unknown() })).default([]),
                }),
              }),
            ]),
          }),
        ]),
      }),
    ]),
    clusters: z.array(z.looseObject({ name: z.string(), load_assignment: z.unknown() })),
  }),
});

const SETTINGS = {
  address: '127.0.0.1',
  port: 1234,
  sockets: { extAuthz: ['a.sock', 'b.sock', 'c.sock'], extProc: ['d.sock'], metadata: ['e.sock'] },
};

function render(more: Partial<BootstrapSettings> = {}) {
  return rendered.parse(parse(renderBootstrap({ ...SETTINGS, ...more }), { maxAliasCount: 100 }));
}

function chainOf(more: Partial<BootstrapSettings> = {}) {
  const [chain] = render(more).static_resources.listeners[0].filter_chains;
  const [{ typed_config: manager }] = chain.filters;
  return { manager, removed: JSON.stringify(manager.early_header_mutation_extensions), socket: chain.transport_socket };
}

describe('envoy/bootstrap', () => {
  const config = render();

  it('sets the listener', () => {
    const addresses = config.static_resources.listeners.map(({ address }) => address);
    expect(addresses).to.deep.equal([{ socket_address: { address: '127.0.0.1', port_value: 1234 } }]);
  });

  it('sets one endpoint for each socket of a service, and keeps the other clusters', () => {
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

  it('listens with TLS only if there is a certificate', () => {
    expect(chainOf().socket).to.equal(undefined);
    const { socket } = chainOf({ listenerSecret: '/run/secret.json' });
    expect(socket?.typed_config.common_tls_context).to.deep.equal({
      tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificate_sds_secret_configs: [
        {
          name: 'listener',
          sds_config: { path_config_source: { path: '/run/secret.json' }, resource_api_version: 'V3' },
        },
      ],
    });
  });

  it('trusts only the address of the connection, and removes headers that claim another one', () => {
    for (const { manager, removed } of [chainOf(), chainOf({ trustedProxies: [] })]) {
      expect(manager.use_remote_address).to.equal(true);
      expect(manager.original_ip_detection_extensions).to.deep.equal([]);
      expect(removed).to.include('"prefix":"x-forwarded-"').and.include('"x-real-ip"');
    }
  });

  it('trusts the X-Forwarded-For of trusted proxies, and no other header', () => {
    const { manager, removed } = chainOf({ trustedProxies: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(manager.use_remote_address).to.equal(false);
    expect(manager.original_ip_detection_extensions.map(({ typed_config }) => typed_config)).to.deep.equal([
      {
        '@type': 'type.googleapis.com/envoy.extensions.http.original_ip_detection.xff.v3.XffConfig',
        xff_trusted_cidrs: {
          cidrs: [
            { address_prefix: '10.0.0.0', prefix_len: 8 },
            { address_prefix: '2001:db8::', prefix_len: 32 },
          ],
        },
      },
    ]);
    const removedNames = /"regex":"(x-forwarded-[^"]+)"/.exec(removed)?.[1] ?? '';
    expect(removed).to.not.include('"prefix":"x-forwarded-"');
    const isRemoved = (name: string) => new RegExp(`^(?:${removedNames})$`).test(name);
    expect(['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-foo', 'x-forwarded-for-x'].every(isRemoved)).to.equal(
      true,
    );
    expect(isRemoved('x-forwarded-for')).to.equal(false);
    expect(removed).to.include('"x-real-ip"').and.include('"x-request-id"');
  });

  it('rejects a template that is not a configuration of Envoy', () => {
    expect(() => renderBootstrap(SETTINGS, 'static_resources: {}')).to.throw();
  });
});
