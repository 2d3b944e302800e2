import { randomBytes } from 'node:crypto';
import {
  type Adapter,
  type Client,
  type Configuration,
  type Context,
  errors,
  type Middleware,
  Provider,
} from 'oidc-provider';
import { messageOf } from '../../core/errors.ts';
import { MCP_SCOPE } from '../../core/identity/scope.ts';
import type { Logger } from '../../runtime/log.ts';
import { isLoopbackOrigin, loopbackCors, requireHost } from './browser-guard.ts';
import { ACCESS_TOKEN_SECONDS, isSubject, SCOPES } from './claims.ts';
import { applyClientPolicy, CLIENT_DEFAULTS } from './client-policy.ts';
import { type SigningKeys, TOKEN_ALGORITHM } from './keys.ts';
import { MemoryAdapter } from './memory-adapter.ts';
import { PAGE_HEADERS, problemPage } from './pages.ts';
import { findResource } from './resources.ts';
import { signIn, signInPath } from './sign-in.ts';

const DAY_SECONDS = 86_400;

/** Settings of the OAuth server. */
export interface ProviderOptions {
  issuer: string;
  tenant: string;
  /** Resource URLs that tokens may be for, the root first. Called for every request. */
  resources: () => readonly string[];
  /** Scopes of these resources, the same for each. Called for every request. */
  scopes: () => readonly string[];
  keys: SigningKeys;
  clients: Adapter;
  logger: Logger;
}

/** The OAuth 2.1 and OpenID Connect server of the development issuer. It does not listen yet. */
export function createProvider(options: ProviderOptions): Provider {
  const { issuer, tenant, scopes, logger } = options;
  const provider = new Provider(issuer, configuration(options));
  provider.use(requireHost(new URL(issuer).host));
  provider.use(loopbackCors);
  provider.use(signIn({ provider, issuer, tenant, scopes }));
  provider.use(defaultScope);
  provider.on('error', (error) => logger.warn(`the development issuer failed: ${messageOf(error)}`));
  provider.on('server_error', (_ctx, error) => logger.warn(`the development issuer failed: ${messageOf(error)}`));
  for (const event of ['authorization.error', 'grant.error', 'registration_create.error']) {
    provider.on(event, (_ctx, error) => logger.debug({ event, detail: detailOf(error) }, messageOf(error)));
  }
  return provider;
}

function configuration({ tenant, resources, scopes, keys, clients }: ProviderOptions): Configuration {
  return {
    adapter: (model: string) => (model === 'Client' ? clients : new MemoryAdapter()),
    jwks: keys,
    scopes: SCOPES,
    claims: { openid: ['sub', 'tenant'] },
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    clientDefaults: CLIENT_DEFAULTS,
    // The library calls this validator before it checks a registration, and has no other hook that can change one.
    extraClientMetadata: {
      properties: ['software_id'],
      validator: (_ctx: unknown, _name: string, _value: unknown, metadata: Record<string, unknown>) =>
        applyClientPolicy(metadata),
    },
    clientBasedCORS: (_ctx: unknown, origin: string) => isLoopbackOrigin(origin),
    pkce: { required: () => true },
    issueRefreshToken: async (_ctx: unknown, client: Client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    findAccount: async (_ctx: unknown, subject: string) =>
      isSubject(subject) ? { accountId: subject, claims: async () => ({ sub: subject, tenant }) } : undefined,
    extraTokenClaims: async () => ({ tenant }),
    interactions: { url: async (_ctx: unknown, { uid }: { uid: string }) => signInPath(uid) },
    renderError,
    routes: { authorization: '/authorize', token: '/token', registration: '/register', jwks: '/jwks' },
    cookies: {
      // All ports of a host share cookies, so the names must differ from those of other servers.
      names: { session: 'mcp_gateway_session', interaction: 'mcp_gateway_sign_in', resume: 'mcp_gateway_resume' },
      keys: [randomBytes(32).toString('base64url')],
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      Grant: 14 * DAY_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 600,
      RefreshToken: 14 * DAY_SECONDS,
      Session: DAY_SECONDS,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      registration: { enabled: true, issueRegistrationAccessToken: false },
      resourceIndicators: {
        enabled: true,
        // At the token endpoint `requested` can hold several resources, although a token has one audience.
        defaultResource: async (_ctx: unknown, _client: unknown, requested?: string[]) => requested ?? resources()[0],
        getResourceServerInfo: async (_ctx: unknown, indicator: string) =>
          resourceServer(indicator, resources(), scopes()),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
  };
}

function resourceServer(indicator: string, served: readonly string[], scopes: readonly string[]) {
  const audience = findResource(indicator, served);
  if (audience === undefined) throw new errors.InvalidTarget('the gateway has no such resource');
  return {
    scope: scopes.join(' '),
    audience,
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: TOKEN_ALGORITHM } },
  };
}

/** Default scope for a request without one (RFC 6749, section 3.3), which the library would otherwise reject. */
const defaultScope: Middleware = async (ctx, next) => {
  if (ctx.path === '/authorize' && !ctx.query.scope) ctx.query = { ...ctx.query, scope: MCP_SCOPE };
  return next();
};

async function renderError(ctx: Context, out: { error: string; error_description?: string }): Promise<void> {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) ctx.set(name, value);
  ctx.type = 'html';
  const advice =
    out.error === 'invalid_client'
      ? 'This issuer does not know the client. Delete the registration in the client and log in again.'
      : (out.error_description ?? 'Start the login again in the client.');
  ctx.body = problemPage(`The login failed: ${out.error}`, advice);
}

function detailOf(error: unknown): unknown {
  return error instanceof Error && 'error_description' in error ? error.error_description : undefined;
}
