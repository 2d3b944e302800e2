import { isIP } from 'node:net';
import type { Backend, HealthCheck } from '../core/registry/backend.ts';
import { clusterName } from '../core/registry/cluster-name.ts';
import type { Endpoint } from '../core/registry/endpoint.ts';
import { socketOf, splitAddress } from '../core/registry/endpoint.ts';
import type { FleetBackend } from '../core/registry/fleet.ts';
import type { Cluster } from '../protos/gen/envoy/config/cluster/v3/Cluster.ts';
import type { Address } from '../protos/gen/envoy/config/core/v3/Address.ts';
import type { HealthCheck as EnvoyHealthCheck } from '../protos/gen/envoy/config/core/v3/HealthCheck.ts';
import type { ClusterLoadAssignment } from '../protos/gen/envoy/config/endpoint/v3/ClusterLoadAssignment.ts';
import type { LbEndpoint } from '../protos/gen/envoy/config/endpoint/v3/LbEndpoint.ts';
import type { Struct } from '../protos/gen/google/protobuf/Struct.ts';
import { encodeAny } from '../protos/load.ts';
import type { TlsPair } from './tls/pair.ts';

/**
 * Envoy keeps idle connections to a server this long. Node's HTTP server closes them after 5 s; a request that Envoy sends
 * at that very moment would be lost.
 */
const UPSTREAM_IDLE_MS = 4_000;

/** What https URLs are dialled with. */
export interface UpstreamTls {
  /** The certificates that servers are verified with: PEM, or a file of it. */
  authorities: { pem: string } | { file: string };
  /** Shown to servers that ask for one. */
  certificate?: TlsPair | undefined;
}

/** The cluster of a backend: how its replicas are balanced, checked and dialled. Its endpoints come apart, by EDS. */
export function toCluster(backend: Backend, tls: UpstreamTls): Cluster {
  const name = clusterName(backend.name);
  return {
    name,
    type: 'EDS',
    edsClusterConfig: { serviceName: name, edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    connectTimeout: duration(5_000),
    ...(backend.affinity === 'none'
      ? { lbPolicy: 'LEAST_REQUEST' }
      : { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: { value: 1024 }, hashFunction: 'XX_HASH' } }),
    commonLbConfig: {
      // Never spread over unhealthy replicas: a session opened there would be lost at once.
      healthyPanicThreshold: { value: 0 },
      // Envoy would gather changes of health for a second: so long a replica that just came up would get no session.
      updateMergeWindow: duration(0),
      // A session lives on its replica alone, so it goes there in whatever health, as long as the replica exists.
      overrideHostStatus: { statuses: ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'DRAINING', 'UNHEALTHY', 'TIMEOUT'] },
    },
    healthChecks: toHealthChecks(backend.healthCheck),
    // Without it a removed host with failing health checks would go on serving.
    ignoreHealthOnHostRemoval: true,
    // Every session may hold a stream open for its whole life.
    circuitBreakers: {
      thresholds: [
        {
          maxConnections: { value: 65_536 },
          maxPendingRequests: { value: 65_536 },
          maxRequests: { value: 65_536 },
          maxRetries: { value: 64 },
        },
      ],
    },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': encodeAny(
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        {
          commonHttpProtocolOptions: { idleTimeout: duration(UPSTREAM_IDLE_MS) },
          explicitHttpConfig: { httpProtocolOptions: {} },
        },
      ),
    },
    transportSocketMatches: toTransportSockets(backend, tls),
  };
}

/** The endpoints of a backend. Those of a draining backend all drain. */
export function toLoadAssignment({ backend, endpoints, drainUntilMs }: FleetBackend): ClusterLoadAssignment {
  const draining = drainUntilMs !== undefined;
  return {
    clusterName: clusterName(backend.name),
    endpoints: [
      { lbEndpoints: endpoints.map((endpoint) => toLbEndpoint(backend, endpoint, draining || endpoint.draining)) },
    ],
  };
}

function toLbEndpoint({ urls }: Backend, { id, address, hostname }: Endpoint, draining: boolean): LbEndpoint {
  const url = urls.find(({ authority }) => authority === id);
  return {
    endpoint: {
      address: toAddress(address),
      hostname,
      healthCheckConfig: { hostname: hostname === '' ? address : hostname },
    },
    healthStatus: draining ? 'DRAINING' : 'UNKNOWN',
    ...(url?.tls === true ? { metadata: { filterMetadata: { [TRANSPORT_SOCKET_MATCH]: serverName(url.host) } } } : {}),
  };
}

function toAddress(address: string): Address {
  const path = socketOf(address);
  if (path !== undefined) return { pipe: { path } };
  const { ip, port } = splitAddress(address);
  return { socketAddress: { address: ip, portValue: port } };
}

/** Whoever failed is asked this often, where the interval is not shorter. */
const UNHEALTHY_INTERVAL_MS = 1_000;

function toHealthChecks(check: HealthCheck): EnvoyHealthCheck[] {
  if (check.type === 'none') return [];
  return [
    {
      timeout: duration(check.timeout),
      interval: duration(check.interval),
      // A server that comes up fails its first check, and should not wait a whole interval for the next one.
      unhealthyInterval: duration(Math.min(check.interval, UNHEALTHY_INTERVAL_MS)),
      // Also without traffic, so that a status is never older than one interval.
      noTrafficInterval: duration(Math.min(check.interval, UNHEALTHY_INTERVAL_MS)),
      noTrafficHealthyInterval: duration(check.interval),
      unhealthyThreshold: { value: check.unhealthyThreshold },
      healthyThreshold: { value: check.healthyThreshold },
      reuseConnection: { value: false },
      ...(check.type === 'tcp'
        ? { tcpHealthCheck: {} }
        : { httpHealthCheck: { path: check.path, expectedStatuses: [{ start: 200, end: 300 }] } }),
    },
  ];
}

// The name that is sent and verified is that of each URL, since a backend may have several. The hostname of an endpoint will
// not do: it is what goes into Host, with its port.
function toTransportSockets(backend: Backend, { authorities, certificate }: UpstreamTls) {
  const trustedCa = 'pem' in authorities ? { inlineString: authorities.pem } : { filename: authorities.file };
  const tlsCertificates =
    certificate === undefined
      ? []
      : [{ certificateChain: { inlineString: certificate.chain }, privateKey: { inlineString: certificate.key } }];
  const hosts = new Set(backend.urls.flatMap(({ tls, host }) => (tls ? [host] : [])));
  return [...hosts].map((host) => {
    // SNI holds no addresses (RFC 6066, section 3), so one is compared by itself.
    const names = isIP(host) === 0 ? [] : [{ sanType: 'IP_ADDRESS' as const, matcher: { exact: host } }];
    const context = {
      ...(names.length === 0 ? { sni: host, autoSniSanValidation: true } : {}),
      commonTlsContext: { tlsCertificates, validationContext: { trustedCa, matchTypedSubjectAltNames: names } },
    };
    const typedConfig = encodeAny('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', context);
    const transportSocket = { name: 'envoy.transport_sockets.tls', typedConfig };
    return { name: host, match: serverName(host), transportSocket };
  });
}

/** Under this name Envoy looks for what tells which transport socket an endpoint needs. */
const TRANSPORT_SOCKET_MATCH = 'envoy.transport_socket_match';

function serverName(host: string): Struct {
  return { fields: { serverName: { stringValue: host } } };
}

function duration(ms: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}
