import { z } from 'zod';
import { INSTALLATION } from '../../core/registry/installation.ts';
import { backendName, dnsLabel } from '../../core/registry/names.ts';
import { objectName } from '../../core/registry/secret.ts';

const document = z.record(z.string(), z.unknown());

/** Input for a values.yaml. Issuers, backends and tenants are validated as the gateway itself does. */
export const helmInput = z.strictObject({
  publicUrl: z.string().describe('where clients will reach the gateway, such as https://mcp.example.com'),
  issuer: document
    .optional()
    .describe(
      'issuer of access tokens, as in gateway.yaml: {url, audiences, claims: {subject, tenant, groups, roles}, scopePrefix}',
    ),
  issuers: z.array(document).optional().describe('several issuers, instead of issuer'),
  entra: z
    .strictObject({
      directoryId: z.guid().describe('id of the directory (tenant)'),
      clientId: z.guid().describe('application (client) id of the API that represents the gateway'),
    })
    .optional()
    .describe('Microsoft Entra ID, instead of issuer; tokens of version 2.0'),
  scopes: z.array(z.string()).optional().describe('scopes that clients request at first'),
  backends: z
    .array(z.looseObject({ name: backendName }))
    .min(1)
    .describe(
      'as register_backend takes them for a cluster: {name, image | service | url | command with transport: stdio, …}',
    ),
  tenants: z
    .array(z.looseObject({ name: dnsLabel }))
    .min(1)
    .describe('as in tenants.yaml: {name, match: [{group: …}], backends: [names], quota: {requests, per, burst}}'),
  redis: z
    .strictObject({ url: z.string(), existingSecret: objectName.optional() })
    .optional()
    .describe('where quotas are counted; without it each gateway pod counts alone'),
  replicas: z.number().int().min(1).max(100).optional().describe('gateway pods, default 2'),
  ingressHost: z.string().optional().describe('host of an Ingress in front; default: no Ingress'),
  release: dnsLabel.default('mcp-gateway').describe('name of the Helm release'),
  namespace: dnsLabel.default(INSTALLATION.gatewayNamespace).describe('namespace of the gateway'),
  backendsNamespace: dnsLabel
    .default(INSTALLATION.backendsNamespace)
    .describe('namespace of the backends and their Secrets'),
});

/** Parsed input for a values.yaml. */
export type HelmInput = z.output<typeof helmInput>;
