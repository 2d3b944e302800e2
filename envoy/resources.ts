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
 * How long Envoy keeps an idle connection to a server. Node's HTTP server closes idle connections after 5 s, and a request that
 * Envoy sends at that moment would be lost.
 */
const UPSTREAM_IDLE_MS = 4_000;

/** The TLS settings for https URLs. */
export interface UpstreamTls {
  /** Certificate authorities that servers are verified with: PEM text, or a PEM file. */
  authorities: { pem: string } | { file: string };
  /** The client certificate, for servers that ask for one. */
  certificate?: TlsPair | undefined;
}

/** The cluster of a backend: load balancing, health checks and connections. Its endpoints are a resource of their own (EDS). */
export function toCluster(backend: Backend, tls: UpstreamTls): Cluster {
  const name = clusterName(backend.name);
  return {
    name,
    type: 'EDS',
    edsClusterConfig: { serviceName: name, edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    connectTimeout: duration(5_000),
    ...(backend.affinity === 'none'
      ? { lbPolicy: 'LEAST_REQUEST' }
      : // A request of the lane open has no x-mcp-affinity, so the ring gets no hash and picks a replica at random.
        { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: { value: 1024 }, hashFunction: 'XX_HASH' } }),
    commonLbConfig: {
      // Never spread requests over unhealthy replicas: a session that is opened there would be lost.
      healthyPanicThreshold: { value: 0 },
      // By default Envoy merges health changes for a second, during which a replica that has just become healthy gets no session.
      updateMergeWindow: duration(0),
      // A session exists only on its replica. Its requests go there whatever the replica's health, as long as the replica exists.
      overrideHostStatus: { statuses: ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'DRAINING', 'UNHEALTHY', 'TIMEOUT'] },
    },
    healthChecks: toHealthChecks(backend.healthCheck),
    // By default a removed host keeps serving until its health checks fail.
    ignoreHealthOnHostRemoval: true,
    // Every session may keep a stream open for its whole life.
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

/** The endpoints of a backend. If the backend drains, all of them do. */
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

/** Longest interval between checks of a replica that is not healthy. */
const UNHEALTHY_INTERVAL_MS = 1_000;

function toHealthChecks(check: HealthCheck): EnvoyHealthCheck[] {
  if (check.type === 'none') return [];
  return [
    {
      timeout: duration(check.timeout),
      interval: duration(check.interval),
      // A server that is starting fails its first check and should not wait a whole interval for the next one.
      unhealthyInterval: duration(Math.min(check.interval, UNHEALTHY_INTERVAL_MS)),
      // The same without traffic, so that a status is never older than one interval.
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

// One transport socket for each host of the URLs: the host is the name that is sent (SNI) and verified. The hostname of an endpoint
// cannot be used, because it is the Host header and may hold a port.
function toTransportSockets(backend: Backend, { authorities, certificate }: UpstreamTls) {
  const trustedCa = 'pem' in authorities ? { inlineString: authorities.pem } : { filename: authorities.file };
  const tlsCertificates =
    certificate === undefined
      ? []
      : [{ certificateChain: { inlineString: certificate.chain }, privateKey: { inlineString: certificate.key } }];
  const hosts = new Set(backend.urls.flatMap(({ tls, host }) => (tls ? [host] : [])));
  return [...hosts].map((host) => {
    // SNI cannot hold an IP address (RFC 6066, section 3), so the address is compared with the certificate instead.
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

/** Namespace of the metadata by which Envoy picks the transport socket of an endpoint. */
const TRANSPORT_SOCKET_MATCH = 'envoy.transport_socket_match';

function serverName(host: string): Struct {
  return { fields: { serverName: { stringValue: host } } };
}

function duration(ms: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}
