import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IssuerKey, type LocalIssuer, machineSeconds, startIssuer } from '../../ext-authz/local-issuer.ts';
import { type Answer, CALL, type HttpRequest, sendSound } from '../../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../../fixtures/replica-server/server.ts';
import { type Document, startGateway, type TestGateway } from '../../support/gateway.ts';

/** The gateway's own credential for the backend `jira`. */
export const CREDENTIAL = 'the-credential-of-the-gateway';

/** A call that `alice` may make at every backend. */
export const GET_ISSUE = CALL.replace('anything', 'get_issue');

/** A valid request, with these changes. */
export interface Call extends HttpRequest {
  /** Default `jira`, which has policy. */
  backend?: string;
  /** Default: that of `alice`, of the tenant `engineering`. */
  token?: string;
}

/** The ground of the attacks: a gateway with policy, two servers behind it, its issuers and a foreign one. */
export interface Ground {
  gateway: TestGateway;
  /** The server of the backends that callers use. */
  near: Replica;
  /** The server of the backends that `alice` may not use. */
  far: Replica;
  issuer: LocalIssuer;
  /** The ES256 key that the issuer signs with. */
  key: IssuerKey;
  /** An RSA key of the issuer, besides its ES256 one. */
  rsa: IssuerKey;
  /** Another accepted issuer; its claims mean nothing to the rules of the first one's tenants. */
  partner: LocalIssuer;
  /** An issuer of the attacker's. */
  stranger: LocalIssuer;
  /** Of `alice`, tenant `engineering`, for every backend. */
  token: string;
  /** A token of the issuer: that of `alice`, with these changes. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>;
  call(what?: Call): Promise<Answer>;
  /** Requests that reached any server so far. */
  arrived(): number;
  stop(): Promise<void>;
}

/** Starts everything. */
export async function startGround(stateDir: string): Promise<Ground> {
  const [near, far] = [await startReplica({ name: 'near' }), await startReplica({ name: 'far' })];
  const start = () => startIssuer({ nowSeconds: machineSeconds });
  const [issuer, partner, stranger] = [await start(), await start(), await start()];
  const [key, rsa] = [await issuer.newKey('key'), await issuer.newKey('rsa', 'RS256')];
  issuer.keys = [key, rsa];
  const secret = join(stateDir, 'credential.txt');
  writeFileSync(secret, CREDENTIAL);
  const close = async () => {
    for (const part of [near, far]) await part.stop();
    for (const part of [issuer, partner, stranger]) await part.close();
  };
  const gateway = await startGateway({
    stateDir: join(stateDir, 'state'),
    backends: backendsAt(near, far, secret),
    tenants: { tenants: tenantsOf(issuer.url, partner.url) },
    settings: {
      ...{ issuer: undefined, issuers: [{ url: issuer.url }, { url: partner.url }] },
      // Every attack has its line.
      audit: { anonymousDenialsPerSecond: 10_000 },
    },
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const sign: Ground['sign'] = (claims = {}, header = {}, by = key) =>
    issuer.sign({ aud: gateway.url, team: 'red', ...claims }, header, by);
  const token = await sign();
  return {
    gateway,
    near,
    far,
    issuer,
    key,
    rsa,
    partner,
    stranger,
    token,
    sign,
    call: ({ backend = 'jira', token: by = token, ...what } = {}) =>
      sendSound(gateway.backendUrl(backend), by, { body: GET_ISSUE, ...what }),
    arrived: () => near.requests + far.requests,
    stop: async () => {
      await gateway.stop();
      await close();
    },
  };
}

function backendsAt(near: Replica, far: Replica, secret: string): Record<string, Document> {
  const at = ({ port }: Replica) => ({
    url: `http://127.0.0.1:${port}/mcp`,
    healthCheck: { interval: '500ms', timeout: '500ms' },
  });
  const documents: Document[] = [
    {
      name: 'jira',
      ...at(near),
      tools: { deny: ['drop_*'] },
      prompts: { deny: ['hidden*'] },
      resources: { deny: ['file:///etc/*', 'https://docs.example/secret'] },
      upstreamAuth: { type: 'header', header: 'x-api-key', file: secret },
      identityHeaders: ['subject', 'issuer', 'tenant', 'roles', 'scopes'],
    },
    { name: 'plain', ...at(near) },
    { name: 'prompts', ...at(near), prompts: { deny: ['hidden'] } },
    { name: 'scoped', ...at(near), scopes: [{ tools: ['delete_*'], need: ['jira.write'] }] },
    { name: 'moved', ...at(near) },
    { name: 'crm', ...at(far), tenants: ['sales'] },
    { name: 'vault', ...at(far), roles: ['mcp.admin'] },
  ];
  return Object.fromEntries(documents.map((document) => [String(document.name), document]));
}

function tenantsOf(issuer: string, partner: string): Document[] {
  const engineering = ['jira', 'plain', 'prompts', 'scoped', 'moved', 'vault'];
  const tenant = (name: string, team: string, backends: string[], by = issuer): Document => ({
    name,
    match: [{ issuer: by, claim: 'team', value: team }],
    backends,
  });
  return [
    {
      ...tenant('engineering', 'red', engineering),
      match: [
        { issuer, claim: 'team', value: 'red' },
        { issuer: partner, claim: 'team', value: 'green' },
      ],
      roles: ['mcp.admin', 'auditor'],
      rules: [
        {
          backends: ['jira'],
          tools: { allow: ['get_*', 'delete_*'], deny: ['*_all'] },
          resources: { allow: ['file:///pub/*', 'https://docs.example/*'], deny: ['file:///pub/keys/*'] },
        },
        { backends: ['jira'], roles: ['mcp.admin'], tools: { allow: ['*'] } },
      ],
    },
    tenant('sales', 'blue', ['jira', 'crm']),
    tenant('guests', 'red', ['plain'], partner),
  ];
}
