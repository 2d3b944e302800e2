/** A person's choices on the login page of the development issuer. */
export interface LoginChoice {
  /** Default: the one that the page proposes. */
  subject?: string;
  /** Default `allow`. */
  decision?: 'allow' | 'deny';
  /** The cookies of the browser by name, changed in place. Default: none. */
  cookies?: Map<string, string>;
}

const MOST_REDIRECTS = 10;
const MOST_FORMS = 3;

/**
 * Logs in as a person with a browser does: opens the authorization URL, follows redirects with cookies, fills in and submits the
 * login form, and submits the forms that a browser submits automatically. Returns the final URL at the client's redirect address,
 * which is not requested.
 *
 * @throws Error if the login ends on a page instead of at the client; the message contains the page
 */
export async function completeLogin(authorizationUrl: URL, choice: LoginChoice = {}): Promise<URL> {
  const { subject, decision = 'allow', cookies = new Map<string, string>() } = choice;
  let at = await follow(new Request(authorizationUrl), cookies);
  for (let forms = 0; !(at instanceof URL); forms++) {
    const html = await at.text();
    const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1];
    if (action === undefined || forms === MOST_FORMS)
      throw new Error(`the login ended on a page (${at.status}): ${html}`);
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of html.matchAll(/<input [^>]*?name="([^"]+)" value="([^"]*)"/g)) {
      body.set(name, name === 'subject' ? (subject ?? value) : value);
    }
    if (body.has('subject')) body.set('decision', decision);
    const headers = { origin: authorizationUrl.origin };
    at = await follow(new Request(new URL(action, authorizationUrl), { method: 'POST', headers, body }), cookies);
  }
  return at;
}

/** Follows redirects within one origin. Returns the first page or the first URL of another origin. */
async function follow(first: Request, cookies: Map<string, string>): Promise<Response | URL> {
  let request = first;
  for (let hop = 0; hop < MOST_REDIRECTS; hop++) {
    request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(request, { redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, request.url);
    if (next.origin !== new URL(first.url).origin) return next;
    request = new Request(next);
  }
  throw new Error(`more than ${MOST_REDIRECTS} redirects from ${first.url}`);
}
