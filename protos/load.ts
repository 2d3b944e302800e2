// The gRPC contracts in the form that grpc-js needs, read from the .proto files next to this module.
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type Options, type PackageDefinition } from '@grpc/proto-loader';
import type { Cluster, Cluster__Output } from './gen/envoy/config/cluster/v3/Cluster.ts';
import type {
  ClusterLoadAssignment,
  ClusterLoadAssignment__Output,
} from './gen/envoy/config/endpoint/v3/ClusterLoadAssignment.ts';
import type {
  UpstreamTlsContext,
  UpstreamTlsContext__Output,
} from './gen/envoy/extensions/transport_sockets/tls/v3/UpstreamTlsContext.ts';
import type {
  HttpProtocolOptions,
  HttpProtocolOptions__Output,
} from './gen/envoy/extensions/upstreams/http/v3/HttpProtocolOptions.ts';
import type { AccessLogServiceDefinition } from './gen/envoy/service/accesslog/v3/AccessLogService.ts';
import type { AuthorizationClient, AuthorizationDefinition } from './gen/envoy/service/auth/v3/Authorization.ts';
import type {
  AggregatedDiscoveryServiceClient,
  AggregatedDiscoveryServiceDefinition,
} from './gen/envoy/service/discovery/v3/AggregatedDiscoveryService.ts';
import type {
  ExternalProcessorClient,
  ExternalProcessorDefinition,
} from './gen/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { PolicyServiceClient, PolicyServiceDefinition } from './gen/mcp_gateway/v1/PolicyService.ts';
import type { SlotServiceClient, SlotServiceDefinition } from './gen/mcp_gateway/v1/SlotService.ts';
import type { StatusServiceClient, StatusServiceDefinition } from './gen/mcp_gateway/v1/StatusService.ts';
import type { UsageServiceClient, UsageServiceDefinition } from './gen/mcp_gateway/v1/UsageService.ts';

/** The folder of the .proto files. The build copies them next to the compiled module. */
export const protoDir = fileURLToPath(new URL('.', import.meta.url));

/**
 * How messages look in TypeScript: camelCase fields, 64-bit integers as numbers, enums as strings, bytes as Buffer.
 * Unset fields are absent, except that repeated fields and maps are always present. Each oneof has a field that names its case.
 */
export const loaderOptions = {
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: false,
  arrays: true,
  objects: true,
  oneofs: true,
} as const satisfies Options;

const files = {
  authorization: 'envoy/service/auth/v3/external_auth.proto',
  externalProcessor: 'envoy/service/ext_proc/v3/external_processor.proto',
  discovery: 'envoy/service/discovery/v3/ads.proto',
  policy: 'mcp_gateway/v1/policy.proto',
  status: 'mcp_gateway/v1/status.proto',
  usage: 'mcp_gateway/v1/usage.proto',
  slots: 'mcp_gateway/v1/slots.proto',
  accessLog: 'envoy/service/accesslog/v3/als.proto',
  cluster: 'envoy/config/cluster/v3/cluster.proto',
  endpoint: 'envoy/config/endpoint/v3/endpoint.proto',
  tls: 'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  http: 'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
} as const;

/** The .proto files that import all others, directly or not. Relative to {@link protoDir}. */
export const protoRoots: readonly string[] = Object.values(files);

// Files are read one at a time, on first use, so a process reads only the contracts that it needs.
const loaded = new Map<string, PackageDefinition>();

// proto-loader's types are too wide, so each caller casts to the generated type.
function definitionOf(file: string, name: string): unknown {
  let contract = loaded.get(file);
  if (contract === undefined) {
    contract = loadSync(file, { ...loaderOptions, includeDirs: [protoDir] });
    loaded.set(file, contract);
  }
  const definition = contract[name];
  if (definition === undefined) throw new Error(`${file} defines no ${name}`);
  return definition;
}

/** `envoy.service.auth.v3.Authorization`: served by ext-authz, called by Envoy. */
export function authorizationService(): AuthorizationDefinition {
  return definitionOf(files.authorization, 'envoy.service.auth.v3.Authorization') as AuthorizationDefinition;
}

/** `envoy.service.ext_proc.v3.ExternalProcessor`: served by ext-proc, called by Envoy. */
export function externalProcessorService(): ExternalProcessorDefinition {
  return definitionOf(
    files.externalProcessor,
    'envoy.service.ext_proc.v3.ExternalProcessor',
  ) as ExternalProcessorDefinition;
}

/** `envoy.service.discovery.v3.AggregatedDiscoveryService`: served by the watcher, called by Envoy. */
export function aggregatedDiscoveryService(): AggregatedDiscoveryServiceDefinition {
  return definitionOf(
    files.discovery,
    'envoy.service.discovery.v3.AggregatedDiscoveryService',
  ) as AggregatedDiscoveryServiceDefinition;
}

/** `mcp_gateway.v1.PolicyService`: served by the watcher, called by ext-authz and ext-proc. */
export function policyService(): PolicyServiceDefinition {
  return definitionOf(files.policy, 'mcp_gateway.v1.PolicyService') as PolicyServiceDefinition;
}

/** `mcp_gateway.v1.StatusService`: served by the watcher, called by commands. */
export function statusService(): StatusServiceDefinition {
  return definitionOf(files.status, 'mcp_gateway.v1.StatusService') as StatusServiceDefinition;
}

/** `mcp_gateway.v1.UsageService`: served by the watcher, called by ext-authz and commands. */
export function usageService(): UsageServiceDefinition {
  return definitionOf(files.usage, 'mcp_gateway.v1.UsageService') as UsageServiceDefinition;
}

/** `mcp_gateway.v1.SlotService`: served by the watcher, called by ext-authz. */
export function slotService(): SlotServiceDefinition {
  return definitionOf(files.slots, 'mcp_gateway.v1.SlotService') as SlotServiceDefinition;
}

/** `envoy.service.accesslog.v3.AccessLogService`: served by the watcher, called by Envoy. */
export function accessLogService(): AccessLogServiceDefinition {
  return definitionOf(files.accessLog, 'envoy.service.accesslog.v3.AccessLogService') as AccessLogServiceDefinition;
}

/** `new Client(address, credentials, options)`, with the methods of one service. */
export type ClientConstructor<Client> = new (
  address: string,
  credentials: grpc.ChannelCredentials,
  options?: grpc.ClientOptions,
) => Client;

function clientOf<Client>(service: grpc.ServiceDefinition, name: string): ClientConstructor<Client> {
  return grpc.makeClientConstructor(service, name) as unknown as ClientConstructor<Client>;
}

/** A client of ext-authz such as Envoy, for tests and diagnosis. */
export function authorizationClient(): ClientConstructor<AuthorizationClient> {
  return clientOf(authorizationService(), 'envoy.service.auth.v3.Authorization');
}

/** A client of ext-proc such as Envoy, for tests and diagnosis. */
export function externalProcessorClient(): ClientConstructor<ExternalProcessorClient> {
  return clientOf(externalProcessorService(), 'envoy.service.ext_proc.v3.ExternalProcessor');
}

/** A client of the watcher's discovery service such as Envoy, for tests and diagnosis. */
export function aggregatedDiscoveryClient(): ClientConstructor<AggregatedDiscoveryServiceClient> {
  return clientOf(aggregatedDiscoveryService(), 'envoy.service.discovery.v3.AggregatedDiscoveryService');
}

/** A client of the watcher's `PolicyService`. */
export function policyClient(): ClientConstructor<PolicyServiceClient> {
  return clientOf(policyService(), 'mcp_gateway.v1.PolicyService');
}

/** A client of the watcher's `StatusService`. */
export function statusClient(): ClientConstructor<StatusServiceClient> {
  return clientOf(statusService(), 'mcp_gateway.v1.StatusService');
}

/** A client of the watcher's `UsageService`. */
export function usageClient(): ClientConstructor<UsageServiceClient> {
  return clientOf(usageService(), 'mcp_gateway.v1.UsageService');
}

/** A client of the watcher's `SlotService`. */
export function slotClient(): ClientConstructor<SlotServiceClient> {
  return clientOf(slotService(), 'mcp_gateway.v1.SlotService');
}

/** The messages that are sent inside a `google.protobuf.Any`, each with its input and its output type. */
interface AnyMessages {
  'envoy.config.cluster.v3.Cluster': [Cluster, Cluster__Output];
  'envoy.config.endpoint.v3.ClusterLoadAssignment': [ClusterLoadAssignment, ClusterLoadAssignment__Output];
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': [UpstreamTlsContext, UpstreamTlsContext__Output];
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': [HttpProtocolOptions, HttpProtocolOptions__Output];
}

export type AnyMessageName = keyof AnyMessages;

/** A `google.protobuf.Any` on the wire. proto-loader ignores `keepCase` for `type_url` and keeps it in snake case. */
export interface EncodedAny {
  type_url: string;
  value: Buffer;
}

const anyFiles: Record<AnyMessageName, string> = {
  'envoy.config.cluster.v3.Cluster': files.cluster,
  'envoy.config.endpoint.v3.ClusterLoadAssignment': files.endpoint,
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': files.tls,
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': files.http,
};

function messageOf<Name extends AnyMessageName>(name: Name) {
  return definitionOf(anyFiles[name], name) as MessageTypeDefinition<AnyMessages[Name][0], AnyMessages[Name][1]>;
}

/** The type URL of a message, as in `type_url` of an Any and in discovery: `type.googleapis.com/<full name>`. */
export function typeUrlOf<Name extends AnyMessageName>(name: Name): `type.googleapis.com/${Name}` {
  return `type.googleapis.com/${name}`;
}

/** Packs a message into an Any: a discovery resource, or the typed configuration of an Envoy extension. */
export function encodeAny<Name extends AnyMessageName>(name: Name, message: AnyMessages[Name][0]): EncodedAny {
  return { type_url: typeUrlOf(name), value: messageOf(name).serialize(message) };
}

/** Reads the bytes of an Any whose type is known. */
export function decodeAny<Name extends AnyMessageName>(name: Name, value: Buffer): AnyMessages[Name][1] {
  return messageOf(name).deserialize(value);
}
