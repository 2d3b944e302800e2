import { adminProblems } from '../../core/admin/config.ts';
import { anyGatewaySchema, gatewaySchema } from '../../core/config/gateway.ts';
import { issuerProblems } from '../../core/config/issuers.ts';
import { parseSessionKeys } from '../../core/session/keys.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import { tenantsSchema } from '../../core/tenants/tenants.ts';
import { by, table } from './message-table.ts';

// The wording of every message about a document; that of backends is in registry/messages.test.ts. Other tests check paths.

const keysOf = (document: string) => {
  const parsed = parseSessionKeys(document, 'keys');
  return parsed.ok ? [] : parsed.problems;
};

const tenantsIn = (document: string) => {
  const parsed = parseTenants(document, 'a.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

const issuersOf = (document: string) =>
  issuerProblems(tenantsIn(document), ['https://a.example', 'https://b.example'], 'a.yaml');

const adminsOf = (document: string) => adminProblems({ tenants: ['admins'] }, tenantsIn(document), 'gateway.yaml');

describe('core: messages about', () => {
  table('a document', by(gatewaySchema), '', [
    ['[', ': not valid YAML: Flow sequence must end with a ]'],
    ['a: &a [x]\nb: [*b]', ': Unresolved alias (the anchor must be set before the alias): b'],
    ['a: 1\na: 1', ': not valid YAML: Map keys must be unique'],
    ['5', ': must be a mapping (got 5)'],
  ]);

  table('a value', by(gatewaySchema), 'issuer: development\nbackends: b\ntenants: t\n', [
    ['liste: 1', 'liste: unknown key'],
    ['listen: 5', 'listen: must be a mapping (got 5)'],
    ['listen: {port: a}', 'listen.port: must be a number (got "a")'],
    ['listen: {port: 1.5}', 'listen.port: must be a whole number (got 1.5)'],
    ['listen: {port: 65536}', 'listen.port: must be at most 65535 (got 65536)'],
    ['workers: 0', 'workers: must be at least 1 (got 0)'],
    ['allowedHosts: a', 'allowedHosts: must be a list (got "a")'],
    ['allowedHosts: [5]', 'allowedHosts[0]: must be a string (got 5)'],
    ['allowedHosts: [""]', 'allowedHosts[0]: must not be empty (got "")'],
    ['listen: {tls: {certFile: a}}', 'listen.tls.keyFile: is required'],
    ['sessions: {lifetime: 10}', 'sessions.lifetime: must be a duration such as 500ms, 30s, 5m, 1h or 7d (got 10)'],
    ['sessions: {lifetime: 1s}', 'sessions.lifetime: must be between 1m and 90d (got "1s")'],
  ]);

  table('gateway.yaml', by(gatewaySchema), 'issuer: development\nbackends: b\ntenants: t\n', [
    [
      'publicUrl: https://a.example?b',
      'publicUrl: must be an http or https URL without a query or fragment (got "https://a.example?b")',
    ],
    [
      'allowedOrigins: [https://a.example/b]',
      'allowedOrigins[0]: must be an origin such as https://app.example.com, without a path (got "https://a.example/b")',
    ],
    ['listen: {address: localhost}', 'listen.address: must be an IP address (got "localhost")'],
    [
      'listen: {trustedProxies: [10.0.0.0]}',
      'listen.trustedProxies[0]: must be an address range such as 10.0.0.0/8 (got "10.0.0.0")',
    ],
    [
      'redis: {url: http://a}',
      'redis.url: must be redis://host:port/db, rediss:// for TLS, redis+unix:///path/of/socket, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port (got "http://a")',
    ],
    ['scopes: ["a b"]', 'scopes[0]: must be a scope: visible ASCII without spaces, quotes or backslashes (got "a b")'],
    ['scopes: [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]', 'scopes: must have at most 20 entries'],
    ['audit: {decisions: some}', 'audit.decisions: must be all, denied or none (got "some")'],
    ['audit: {onFailure: refuse}', 'audit.onFailure: must be continue or deny (got "refuse")'],
    ['quotas: {whenRedisFails: allow}', 'quotas.whenRedisFails: must be share or refuse (got "allow")'],
    [
      'admin: {tenants: [A]}',
      'admin.tenants[0]: must be a DNS label: at most 63 of a-z, 0-9 and -, with no - at either end (got "A")',
    ],
    ['kubernetes: {}', 'kubernetes: requires a gateway in a cluster; on one machine use backends and tenants'],
    ['issuers: [{url: https://a.example}]', 'issuers: cannot be combined with issuer'],
  ]);

  table('the issuers of gateway.yaml', by(gatewaySchema), 'backends: b\ntenants: t\n', [
    ['', 'issuer: is required unless issuers is given'],
    ['issuer: 5', 'issuer: must be development or an issuer with a url (got 5)'],
    [
      'issuer: {url: http://a.example}',
      'issuer.url: must be an https URL without a query or fragment (http only on loopback) (got "http://a.example")',
    ],
    [
      'issuer: {url: https://a.example, discoveryUrl: "https://a.example#a"}',
      'issuer.discoveryUrl: must be an https URL without a fragment (http only on loopback) (got "https://a.example#a")',
    ],
    [
      'issuer: {url: https://a.example, algorithms: [HS256]}',
      'issuer.algorithms[0]: must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519 (got "HS256")',
    ],
    [
      'issuer: {url: https://a.example, claims: {roles: 5}}',
      'issuer.claims.roles: must be the name of a claim, or a list of names that leads to one (got 5)',
    ],
    [
      'issuers: [{url: https://a.example}, {url: https://a.example}, {url: https://a.example/}]',
      'issuers[1].url: is listed twice (got "https://a.example")',
      'issuers[2].url: differs from another issuer only in the trailing slash (got "https://a.example/")',
    ],
  ]);

  table('gateway.yaml on one machine', by(gatewaySchema), 'issuer: development\n', [
    ['', 'backends: is required', 'tenants: is required'],
  ]);

  table('gateway.yaml anywhere', by(anyGatewaySchema), 'issuer: development\n', [
    [
      '',
      'backends: is required unless kubernetes is given; the two cannot be combined',
      'tenants: is required unless kubernetes is given; the two cannot be combined',
    ],
    [
      'backends: b\ntenants: t\nkubernetes: {}',
      'backends: is required unless kubernetes is given; the two cannot be combined (got "b")',
      'tenants: is required unless kubernetes is given; the two cannot be combined (got "t")',
    ],
    [
      'kubernetes: {tenants: {configMap: A}}',
      'kubernetes.tenants.configMap: must be the name of an object: a-z, 0-9, - and ., with a letter or digit at both ends (got "A")',
    ],
  ]);

  table('tenants.yaml', by(tenantsSchema), '', [
    ['tenants: []', 'tenants: must not be empty'],
    [
      'tenants: [{name: a, match: [{group: g}]}, {name: a, match: [{group: g}]}]',
      'tenants[1].name: is also the name of another tenant (got "a")',
    ],
    [
      'tenants: [{name: a, match: [{}, {value: v}, {claim: c}, {group: g, role: r}]}]',
      'tenants[0].match[0]: must have exactly one of claim, tenant, group and role',
      'tenants[0].match[1]: must have exactly one of claim, tenant, group and role',
      'tenants[0].match[1].value: requires claim (got "v")',
      'tenants[0].match[2].claim: requires exactly one of value and values (got "c")',
      'tenants[0].match[3]: must have exactly one of claim, tenant, group and role',
    ],
  ]);

  table('a tenant', by(tenantsSchema), 'tenants:\n- name: a\n  match: [{group: g}]\n', [
    [
      '  backends: [A]',
      'tenants[0].backends[0]: must be a DNS label: at most 63 of a-z, 0-9 and -, with no - at either end (got "A")',
    ],
    ['  roles: ["a b"]', 'tenants[0].roles[0]: must be the name of a role: letters, digits and . _ : / - (got "a b")'],
    ['  roles: [x, {name: x}]', 'tenants[0].roles[1]: is listed twice'],
    ['  rules: [{}]', 'tenants[0].rules[0]: must have at least one of tools, prompts and resources'],
    [
      '  rules: [{roles: [x], tools: {deny: [a]}}]',
      'tenants[0].rules[0].roles: names the role x, which the tenant does not list in its roles',
    ],
  ]);

  table('a quota', by(tenantsSchema), 'tenants:\n- name: a\n  match: [{group: g}]\n  quota:\n', [
    ['    {requests: 1, per: week}', 'tenants[0].quota.per: must be second, minute, hour or day (got "week")'],
    [
      '    {burst: 1}',
      'tenants[0].quota.requests: is required: requests and per belong together',
      'tenants[0].quota.per: is required: requests and per belong together',
    ],
    ['    {rules: [{name: r, requests: 1, per: day}]}', 'tenants[0].quota.rules[0]: must have tools or methods'],
    ['    {costs: [{cost: 1}]}', 'tenants[0].quota.costs[0]: must have tools or methods'],
    [
      '    {rules: [{name: r, tools: [a], requests: 1, per: day}, {name: r, tools: [b], requests: 1, per: day}]}',
      'tenants[0].quota.rules[1].name: is also the name of another rule (got "r")',
    ],
    [
      '    {topUps: [{requests: 1, until: 2026-11-22T21:00:00Z}]}',
      'tenants[0].quota.topUps: need a limit of the tenant: requests and per are required',
    ],
    [
      '    {requests: 1, per: day, topUps: [{requests: 100000000, until: 2026-11-22T21:00:00Z}]}',
      'tenants[0].quota.topUps: must not exceed 100000000 together with the burst',
    ],
    [
      '    {requests: 1, per: day, topUps: [{requests: 1, until: tomorrow}]}',
      'tenants[0].quota.topUps[0].until: must be a time such as 2026-11-22T21:00:00Z (got "tomorrow")',
    ],
  ]);

  table('the issuer of a rule', issuersOf, 'tenants:\n- name: a\n  match:\n', [
    [
      '  - {group: g}',
      "tenants[0].match[0].issuer: is required with several issuers: otherwise one issuer could make its users members of another's tenant",
    ],
    [
      '  - {issuer: https://c.example, group: g}',
      'tenants[0].match[0].issuer: names an issuer that the gateway does not accept (got "https://c.example")',
    ],
    [
      '  - {issuer: https://a.example/, group: g}',
      'tenants[0].match[0].issuer: names an issuer that the gateway does not accept; it differs from https://a.example only in the trailing slash (got "https://a.example/")',
    ],
  ]);

  table('the tenants of admin', adminsOf, 'tenants:\n', [
    ['- {name: a, match: [{group: g}]}', 'admin.tenants[0]: names a tenant that does not exist'],
    [
      '- {name: admins, match: [{group: g}]}',
      'admin.tenants[0]: names a tenant whose roles do not include mcp.admin, so none of its members can use the admin tools',
    ],
    [
      '- {name: admins, match: [{group: g}], roles: [mcp.admin], backends: [jira]}',
      'admin.tenants[0]: names a tenant whose backends do not include gateway, so none of its members can use the admin tools',
    ],
  ]);

  table('a key file', keysOf, '', [
    ['', ': contains no key: add a line with 32 bytes in base64 (openssl rand -base64 32)'],
    ['a', ': must be 32 bytes in base64 (openssl rand -base64 32)'],
    [
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      ': the same key is listed above',
    ],
  ]);
});
