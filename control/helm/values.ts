import { stringify } from 'yaml';
import type { z } from 'zod';
import { gatewaySchema } from '../../core/config/gateway.ts';
import { issuerNames, issuerProblems } from '../../core/config/issuers.ts';
import { parseValue } from '../../core/document/parse.ts';
import type { Problem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { INSTALLATION } from '../../core/registry/installation.ts';
import { type Tenant, tenantsSchema } from '../../core/tenants/tenants.ts';
import { rejectCredentials } from '../backends/credentials.ts';
import { parseSpec } from '../backends/spec.ts';
import type { helmResult } from '../results.ts';
import { usableBy } from '../tenants/tenants.ts';
import type { HelmInput } from './input.ts';

/** The chart in a checkout of this repository. */
const CHART = 'k8s/chart';

/**
 * Makes a values.yaml for the chart, and the command that installs it.
 *
 * @throws UserError `config` that lists all problems, `usage` for a credential instead of a reference
 */
export function helmValues(input: HelmInput): z.output<typeof helmResult> {
  const { backendsNamespace, namespace, release } = input;
  for (const { name, ...given } of input.backends) {
    rejectCredentials(name, given, { kind: 'cluster', secretsLocation: backendsNamespace });
  }
  const checked = check(input);
  const backends = Object.fromEntries(input.backends.map(({ name, ...spec }) => [name, spec]));
  const values = {
    publicUrl: input.publicUrl,
    ...checked.issuer,
    ...(checked.scopes === undefined ? {} : { scopes: checked.scopes }),
    tenants: input.tenants,
    backends,
    ...(backendsNamespace === INSTALLATION.backendsNamespace ? {} : { backendsNamespace: { name: backendsNamespace } }),
    ...(input.redis === undefined ? {} : { redis: input.redis }),
    ...(input.replicas === undefined ? {} : { gateway: { replicas: input.replicas } }),
    ...(input.ingressHost === undefined ? {} : { ingress: { enabled: true, host: input.ingressHost } }),
  };
  const options = [`--namespace ${namespace}`, '--create-namespace', '--values values.yaml', '--wait'];
  return {
    values: stringify(values, { lineWidth: 0 }),
    command: `helm upgrade --install ${release} ${CHART} ${options.join(' ')}`,
    notes: [
      ...secretsOf(checked.backends, backendsNamespace),
      ...unused(checked.backends, checked.tenants),
      ...(input.redis === undefined && (input.replicas ?? 2) > 1
        ? ['without Redis each gateway pod counts quotas separately; set redis.url to share them']
        : []),
    ],
  };
}

interface Checked {
  /** The keys of the values that name the issuers. */
  issuer: object;
  scopes: readonly string[] | undefined;
  backends: readonly Backend[];
  tenants: readonly Tenant[];
}

function check(input: HelmInput): Checked {
  const problems: Problem[] = [];
  const { entra } = input;
  const named = [input.issuer, input.issuers, entra].filter((one) => one !== undefined);
  if (named.length !== 1) {
    const message =
      named.length === 0
        ? 'one of issuer, issuers and entra is required'
        : 'only one of issuer, issuers and entra may be given';
    problems.push({ source: 'arguments', path: named.length === 0 ? 'issuer' : 'issuers', message });
  }
  const issuer =
    entra !== undefined
      ? { issuer: entraIssuer(entra) }
      : input.issuer !== undefined
        ? { issuer: input.issuer }
        : { issuers: input.issuers ?? [] };
  const scopes = input.scopes ?? (entra && [`api://${entra.clientId}/mcp`, 'offline_access']);
  const config = parseValue(
    {
      publicUrl: input.publicUrl,
      ...(named.length === 0 ? { issuer: 'development' } : issuer),
      ...(scopes && { scopes }),
      backends: '-',
      tenants: '-',
    },
    'arguments',
    gatewaySchema,
  );
  if (!config.ok) problems.push(...config.problems);
  const tenants = parseValue({ tenants: input.tenants }, 'arguments', tenantsSchema);
  if (!tenants.ok) problems.push(...tenants.problems);
  else if (config.ok) problems.push(...issuerProblems(tenants.value.tenants, issuerNames(config.value), 'arguments'));
  const backends: Backend[] = [];
  input.backends.forEach((spec, index) => {
    const at = `backends[${index}]`;
    const parsed = parseSpec(spec, 'cluster', 'arguments');
    if (parsed.ok) backends.push(parsed.value);
    else
      problems.push(
        ...parsed.problems.map((problem) => ({
          ...problem,
          path: problem.path === '' ? at : `${at}.${problem.path}`,
        })),
      );
    if (input.backends.findIndex(({ name }) => name === spec.name) !== index) {
      problems.push({ source: 'arguments', path: `${at}.name`, message: 'is also the name of another backend' });
    }
  });
  problems.push(...unknownNames(input));
  if (input.namespace === input.backendsNamespace) {
    const message =
      'must not be the namespace of the gateway, because whoever may create backends could then use its Secrets';
    problems.push({ source: 'arguments', path: 'backendsNamespace', message });
  }
  if (problems.length > 0 || !tenants.ok) {
    const lines = problems.map(({ path, message }) => `${path}: ${message}`);
    throw new UserError('config', 'the arguments cannot be turned into a values.yaml', { hint: lines.join('\n') });
  }
  return { issuer, scopes, backends, tenants: tenants.value.tenants };
}

// Tokens of version 2.0: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
function entraIssuer({ directoryId, clientId }: NonNullable<HelmInput['entra']>) {
  return {
    url: `https://login.microsoftonline.com/${directoryId}/v2.0`,
    audiences: [clientId],
    claims: { subject: 'oid', tenant: 'tid' },
    scopePrefix: `api://${clientId}/`,
  };
}

// An unknown name is a typo here. In a running gateway the tenant or backend may still be created.
function unknownNames({ backends, tenants }: HelmInput): Problem[] {
  const backendNames = backends.map(({ name }) => name);
  const tenantNames = tenants.map(({ name }) => name);
  const missing = (list: unknown, known: readonly string[]) =>
    (Array.isArray(list) ? list.map(String) : []).filter((name) => name !== '*' && !known.includes(name));
  return [
    ...backends.flatMap((backend, index) =>
      missing(backend.tenants, tenantNames).map((name) => ({
        source: 'arguments',
        path: `backends[${index}].tenants`,
        message: `names the tenant ${name}, which is not among tenants`,
      })),
    ),
    ...tenants.flatMap((tenant, index) =>
      missing(tenant.backends, backendNames).map((name) => ({
        source: 'arguments',
        path: `tenants[${index}].backends`,
        message: `names the backend ${name}, which is not among backends`,
      })),
    ),
  ];
}

function secretsOf(backends: readonly Backend[], namespace: string): string[] {
  const wanted = backends.flatMap(({ secretEnv = {}, upstreamAuth, caSecret }) => [
    ...Object.values(secretEnv),
    ...[upstreamAuth?.secret, caSecret].filter((secret) => secret !== undefined),
  ]);
  const names = [...new Set(wanted.map(({ name }) => name))];
  return names.map((name) => {
    const keys = [
      ...new Set(wanted.filter((secret) => secret.name === name).map(({ key }) => `--from-file=${key}=FILE`)),
    ];
    return `create the Secret first: kubectl -n ${namespace} create secret generic ${name} ${keys.join(' ')}`;
  });
}

function unused(backends: readonly Backend[], tenants: readonly Tenant[]): string[] {
  return backends
    .filter(({ name, tenants: list }) => usableBy(name, list, tenants).length === 0)
    .map(({ name }) => `no tenant may use ${name}`);
}
