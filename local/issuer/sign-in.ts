import type { IncomingMessage } from 'node:http';
import {
  type Context,
  errors,
  type Interaction,
  type InteractionResult,
  type Middleware,
  type Provider,
} from 'oidc-provider';
import { DEFAULT_SUBJECT, isSubject, SCOPES, SUBJECT_PATTERN } from './claims.ts';
import { loginPage, PAGE_HEADERS, problemPage } from './pages.ts';

const LONGEST_FORM_BYTES = 4096;
const LONGEST_NAME = 80;

/** Settings of the login page. */
export interface SignInOptions {
  provider: Provider;
  issuer: string;
  tenant: string;
  /** Every scope that can be granted for a resource. */
  scopes: () => readonly string[];
}

/** The path of the login page of one interaction. */
export function signInPath(uid: string): string {
  return `/sign-in/${uid}`;
}

/**
 * The login page. GET shows the client and its request, POST submits the decision. The interaction is found by the library's
 * cookie, which is SameSite and bound to this path. The path contains an unguessable id, and a POST from another origin is
 * rejected.
 */
export function signIn({ provider, issuer, tenant, scopes }: SignInOptions): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith(signInPath('')) || (ctx.method !== 'GET' && ctx.method !== 'POST')) return next();
    const interaction = await findInteraction(provider, ctx);
    if (interaction === undefined) {
      return showProblem(
        ctx,
        400,
        'This login has ended',
        'It has expired or was already completed. Start it again in the client.',
      );
    }
    if (ctx.method === 'GET') return showLogin(ctx, provider, interaction, tenant);

    const origin = ctx.get('Origin');
    if (origin !== '' && origin !== issuer) {
      return showProblem(ctx, 403, 'This form came from another origin', `It must be sent from ${issuer}.`);
    }
    const form = await readForm(ctx.req);
    if (form === undefined) return showProblem(ctx, 413, 'This form is too large', 'Go back and submit it again.');
    const subject = form.get('subject') ?? '';
    const denied = form.get('decision') !== 'allow';
    if (!denied && !isSubject(subject)) {
      return showProblem(
        ctx,
        400,
        'This name cannot be used',
        `Go back and enter a name that matches ${SUBJECT_PATTERN}.`,
      );
    }
    const result = denied ? DENIED : await grantAll(provider, interaction, subject, scopes());
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }));
  };
}

const DENIED: InteractionResult = { error: 'access_denied', error_description: 'the login was cancelled' };

/** The interaction of the cookie, if it is also that of the path. */
async function findInteraction(provider: Provider, ctx: Context): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    return ctx.path === signInPath(interaction.uid) ? interaction : undefined;
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

async function showLogin(ctx: Context, provider: Provider, interaction: Interaction, tenant: string): Promise<void> {
  const { params, session } = interaction;
  const client = await provider.Client.find(text(params.client_id));
  const redirect = URL.parse(text(params.redirect_uri));
  show(
    ctx,
    200,
    loginPage({
      action: ctx.path,
      subject: [session?.accountId, text(params.login_hint)].find((name) => name && isSubject(name)) ?? DEFAULT_SUBJECT,
      tenant,
      clientName: (client?.clientName ?? text(params.client_id)).slice(0, LONGEST_NAME),
      redirectTo: redirect === null ? 'an unknown address' : `${redirect.protocol}//${redirect.host}`,
      resources: resourcesOf(interaction),
    }),
  );
}

/** Grants everything that was requested, because the login page showed it. */
async function grantAll(
  provider: Provider,
  interaction: Interaction,
  subject: string,
  scopes: readonly string[],
): Promise<InteractionResult> {
  const grant = new provider.Grant({ accountId: subject, clientId: text(interaction.params.client_id) });
  grant.addOIDCScope(SCOPES.join(' '));
  for (const resource of resourcesOf(interaction)) grant.addResourceScope(resource, scopes.join(' '));
  // The browser does not remember the login: every login shows this page, and can use another subject.
  return { login: { accountId: subject, remember: false }, consent: { grantId: await grant.save() } };
}

function resourcesOf({ params }: Interaction): string[] {
  return [params.resource].flat().filter((resource) => typeof resource === 'string');
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > LONGEST_FORM_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function showProblem(ctx: Context, status: number, problem: string, advice: string): void {
  show(ctx, status, problemPage(problem, advice));
}

function show(ctx: Context, status: number, html: string): void {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) ctx.set(name, value);
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = html;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
