import { expect } from 'chai';
import { backendSchema } from '../../core/registry/backend.ts';
import { clusterName } from '../../core/registry/cluster-name.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import { packCluster, packEndpoints } from '../../envoy/ads/snapshot.ts';
import { toCluster, toLoadAssignment } from '../../envoy/resources.ts';
import type { TlsPair } from '../../envoy/tls/pair.ts';
import { type AnyMessageName, decodeAny } from '../../protos/load.ts';
import { expectGolden } from '../support/golden.ts';

const endpoint = (id: string, address: string, more: Partial<Endpoint> = {}): Endpoint => {
  return { id, address, incarnation: '', hostname: '', draining: false, ...more };
};

const CERTIFICATE: TlsPair = { chain: 'the chain', key: 'the key', validFromMs: 0, validToMs: 1 };

/** The input that resources are made from. */
interface Case {
  backend: Record<string, unknown>;
  endpoints: Endpoint[];
  drainUntilMs?: number;
  certificate?: TlsPair;
}

const CASES: Record<string, Case> = {
  command: {
    backend: { name: 'everything', command: ['server'], replicas: 2 },
    endpoints: [
      endpoint('everything-0', '127.0.0.1:9000', { hostname: '127.0.0.1:9000' }),
      endpoint('everything-1', '127.0.0.1:9001', { hostname: '127.0.0.1:9001', draining: true }),
    ],
  },
  'without-affinity': {
    backend: {
      name: 'none',
      command: ['server'],
      affinity: 'none',
      healthCheck: { type: 'tcp', interval: '1500ms', timeout: '1s' },
    },
    endpoints: [],
  },
  https: {
    backend: {
      name: 'https',
      urls: ['https://a.example/x', 'https://b.example:8443/x'],
      caFile: 'ca.pem',
      healthCheck: { path: '/alive', unhealthyThreshold: 5, healthyThreshold: 2 },
    },
    endpoints: [
      endpoint('a.example:443', '192.0.2.1:443', { hostname: 'a.example' }),
      endpoint('b.example:8443', '[2001:db8::1]:8443', { hostname: 'b.example:8443' }),
    ],
  },
  'https-by-system': {
    backend: { name: 'system', url: 'https://a.example', healthCheck: { type: 'none' } },
    endpoints: [],
  },
  'https-with-certificate': {
    backend: {
      name: 'mutual',
      url: 'https://a.example',
      clientCertificate: { certFile: 'c.pem', keyFile: 'k.pem' },
      healthCheck: { type: 'none' },
    },
    endpoints: [],
    certificate: CERTIFICATE,
  },
  draining: {
    backend: { name: 'leaving', url: 'http://192.0.2.1:8080' },
    endpoints: [endpoint('192.0.2.1:8080', '192.0.2.1:8080')],
    drainUntilMs: 1,
  },
};

/** A message as JSON, with the messages inside it decoded. */
function readable(name: AnyMessageName, bytes: Buffer): unknown {
  return JSON.parse(JSON.stringify(decodeAny(name, bytes), (_key, value: unknown) => unpacked(value)));
}

function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type_url' in value) || !('value' in value)) return value;
  const name = String(value.type_url).replace('type.googleapis.com/', '') as AnyMessageName;
  const raw = value.value as { data?: number[] } | Buffer;
  const bytes = Buffer.isBuffer(raw) ? raw : Buffer.from(raw.data ?? []);
  return { '@type': value.type_url, ...(readable(name, bytes) as object) };
}

describe('envoy/resources', () => {
  for (const [name, { backend, endpoints, drainUntilMs, certificate }] of Object.entries(CASES)) {
    it(`of ${name} are those of the golden file`, () => {
      const parsed = backendSchema.parse(backend);
      const cluster = packCluster(toCluster(parsed, { authorities: { file: '/system-ca.pem' }, certificate })).any
        .value;
      const assignment = packEndpoints(toLoadAssignment({ backend: parsed, endpoints, drainUntilMs })).any.value;
      const actual = {
        cluster: readable('envoy.config.cluster.v3.Cluster', cluster),
        endpoints: readable('envoy.config.endpoint.v3.ClusterLoadAssignment', assignment),
      };
      expectGolden(`resources/${name}.json`, actual);
    });
  }

  it('of equal backends are equal bytes', () => {
    const pack = (certificate?: TlsPair) =>
      packCluster(
        toCluster(backendSchema.parse({ name: 'a', url: 'https://a.example' }), {
          authorities: { file: '/ca.pem' },
          certificate,
        }),
      ).version;
    expect(pack()).to.equal(pack());
    expect(pack(CERTIFICATE)).to.equal(pack(CERTIFICATE));
    expect(new Set([pack(), pack(CERTIFICATE), pack({ ...CERTIFICATE, key: 'another' })]).size).to.equal(3);
  });

  it('have names that no cluster of the gateway itself has', () => {
    expect(clusterName('ext-authz')).to.equal('backend/ext-authz');
  });
});
