import * as grpc from '@grpc/grpc-js';
import { expect } from 'chai';
import type { CheckRequest__Output } from '../../protos/gen/envoy/service/auth/v3/CheckRequest.ts';
import type { CheckResponse__Output } from '../../protos/gen/envoy/service/auth/v3/CheckResponse.ts';
import {
  aggregatedDiscoveryService,
  authorizationClient,
  authorizationService,
  decodeAny,
  encodeAny,
  externalProcessorService,
  policyService,
  slotService,
  statusService,
  usageService,
} from '../../protos/load.ts';
import { officialDirs, readProtos } from './facts.ts';

describe('loaded contracts', () => {
  it('have the paths of the methods that are called', () => {
    expect(authorizationService().Check.path).to.equal('/envoy.service.auth.v3.Authorization/Check');
    expect(externalProcessorService().Process.path).to.equal('/envoy.service.ext_proc.v3.ExternalProcessor/Process');
    expect(aggregatedDiscoveryService().DeltaAggregatedResources.path).to.equal(
      '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    );
    expect(policyService().Subscribe.path).to.equal('/mcp_gateway.v1.PolicyService/Subscribe');
    expect(statusService().GetStatus.path).to.equal('/mcp_gateway.v1.StatusService/GetStatus');
    expect(usageService().ReportUsage.path).to.equal('/mcp_gateway.v1.UsageService/ReportUsage');
    expect(slotService().Acquire.path).to.equal('/mcp_gateway.v1.SlotService/Acquire');
  });

  it('are read once', () => {
    expect(authorizationService()).to.equal(authorizationService());
  });

  it('transmit a call and its answer', async () => {
    let asked: CheckRequest__Output | undefined;
    const server = new grpc.Server();
    server.addService(authorizationService(), {
      Check(call: { request: CheckRequest__Output }, callback: grpc.sendUnaryData<object>) {
        asked = call.request;
        const header = { key: 'x-mcp-lane', value: 'open' };
        const headers = [{ header, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }];
        const dynamicMetadata = { fields: { session: { stringValue: 'sealed' } } };
        callback(null, { status: { code: grpc.status.OK }, okResponse: { headers }, dynamicMetadata });
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const client = new (authorizationClient())(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    try {
      const http = { method: 'POST', headers: { host: 'localhost' }, rawBody: Buffer.from('{"jsonrpc":"2.0"}') };
      const answer = await new Promise<CheckResponse__Output | undefined>((resolve, reject) => {
        client.Check({ attributes: { request: { http } } }, (error, value) => (error ? reject(error) : resolve(value)));
      });
      const received = asked?.attributes?.request?.http;
      expect(received).to.deep.equal(http);
      expect(received?.rawBody).to.be.instanceOf(Buffer);
      expect(answer?.httpResponse).to.equal('okResponse');
      expect(answer?.okResponse?.headers[0]?.appendAction).to.equal('OVERWRITE_IF_EXISTS_OR_ADD');
      expect(answer?.okResponse?.headersToRemove).to.deep.equal([]);
      expect(answer?.deniedResponse).to.equal(undefined);
      expect(answer?.dynamicMetadata?.fields.session?.stringValue).to.equal('sealed');
    } finally {
      client.close();
      server.forceShutdown();
    }
  });
});

describe('encodeAny', () => {
  const tls = encodeAny('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', { sni: 'a.test' });
  const http = encodeAny('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', {
    explicitHttpConfig: { http2ProtocolOptions: {} },
  });
  const cluster = encodeAny('envoy.config.cluster.v3.Cluster', {
    name: 'everything',
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    connectTimeout: { seconds: 2, nanos: 500_000_000 },
    lbPolicy: 'RING_HASH',
    ringHashLbConfig: { minimumRingSize: { value: 1024 } },
    commonLbConfig: { overrideHostStatus: { statuses: ['HEALTHY', 'DRAINING'] } },
    healthChecks: [{ httpHealthCheck: { path: '/healthz', expectedStatuses: [{ start: 200, end: 300 }] } }],
    transportSocket: { name: 'envoy.transport_sockets.tls', typedConfig: tls },
    typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http },
  });

  it('sets the URL of the type', () => {
    expect(cluster.type_url).to.equal('type.googleapis.com/envoy.config.cluster.v3.Cluster');
  });

  it('encodes what the official descriptors decode', () => {
    const official = readProtos(['envoy/config/cluster/v3/cluster.proto'], officialDirs);
    const type = official.lookupType('envoy.config.cluster.v3.Cluster');
    expect(type.toObject(type.decode(cluster.value), { longs: Number, enums: String })).to.deep.equal({
      name: 'everything',
      type: 'EDS',
      eds_cluster_config: { eds_config: { ads: {}, resource_api_version: 'V3' } },
      connect_timeout: { seconds: 2, nanos: 500_000_000 },
      lb_policy: 'RING_HASH',
      ring_hash_lb_config: { minimum_ring_size: { value: 1024 } },
      common_lb_config: { override_host_status: { statuses: ['HEALTHY', 'DRAINING'] } },
      health_checks: [{ http_health_check: { path: '/healthz', expected_statuses: [{ start: 200, end: 300 }] } }],
      transport_socket: { name: 'envoy.transport_sockets.tls', typed_config: tls },
      typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http },
    });
  });

  it('is decoded by decodeAny', () => {
    const read = decodeAny('envoy.config.cluster.v3.Cluster', cluster.value);
    expect(read.lbConfig).to.equal('ringHashLbConfig');
    expect(read.transportSocket?.typedConfig).to.deep.equal(tls);
    expect(decodeAny('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', http.value)).to.deep.equal({
      explicitHttpConfig: { http2ProtocolOptions: {}, protocolConfig: 'http2ProtocolOptions' },
      upstreamProtocolOptions: 'explicitHttpConfig',
    });
  });
});
