import { createHash } from 'node:crypto';
import { SUBJECT_PATTERN } from './claims.ts';

const STYLE = `
h1 { font-size: 1.5rem; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 10vh auto; padding: 0 1rem; }
dt { color: #666; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
input, button { font: inherit; padding: .4rem .8rem; }
`;

/**
 * Headers of every page: no framing (RFC 6819, section 4.4.1.9), no scripts, no external content. There is no `form-action`,
 * because browsers apply it to the redirect that carries the code to the client.
 */
export const PAGE_HEADERS = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Content of the login page. Everything is escaped. */
export interface LoginPage {
  /** Target of the form: the path of the page itself. */
  action: string;
  subject: string;
  tenant: string;
  /** The name that the client registered. */
  clientName: string;
  /** Scheme and host that receive the code. */
  redirectTo: string;
  /** The resources that the token is for. */
  resources: readonly string[];
}

/** The page for both login and consent. */
export function loginPage({ action, subject, tenant, clientName, redirectTo, resources }: LoginPage): string {
  return page(
    'Sign in',
    `<h1>Sign in to the development gateway</h1>
<dl>
<dt>Client (it chose this name itself)</dt><dd><strong>${escapeHtml(clientName)}</strong></dd>
<dt>The authorization code goes to</dt><dd><strong>${escapeHtml(redirectTo)}</strong></dd>
<dt>The token is for</dt><dd>${resources.map(escapeHtml).join('<br>')}</dd>
</dl>
<form method="post" action="${escapeHtml(action)}">
<p><label>Sign in as <input name="subject" value="${escapeHtml(subject)}" required pattern="${escapeHtml(SUBJECT_PATTERN)}" title="1 to 64 letters, digits or . _ @ + -" autofocus></label>
of tenant <strong>${escapeHtml(tenant)}</strong></p>
<p><button name="decision" value="allow">Sign in and allow</button>
<button name="decision" value="deny" formnovalidate>Cancel</button></p>
</form>
<p>This issuer is for development. It requires no password.</p>`,
  );
}

/** A page with a problem and advice. */
export function problemPage(problem: string, advice: string): string {
  return page('Sign in', `<h1>${escapeHtml(problem)}</h1>\n<p>${escapeHtml(advice)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head>
<body>
${body}
</body>
</html>
`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
