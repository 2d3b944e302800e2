import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { askIssuer, issuerMismatch } from '../../../ext-authz/identity/ask-issuer.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { startIssuer } from '../local-issuer.ts';

const DISCOVERY = '/.well-known/openid-configuration';

describe('ext-authz/identity/ask-issuer', () => {
  const servers: Server[] = [];

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  const ask = (url: string, discoveryUrl?: string, timeoutMs = 5_000) =>
    askIssuer({ issuer: { url, discoveryUrl }, timeoutMs, fetch });

  const problemOf = (asked: Promise<unknown>) =>
    asked.then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

  /** An issuer with given answers. In them, `URL` is replaced by its own URL. */
  const issuerOf = async (answers: Record<string, unknown>) => {
    const url = await serve((request, response) => {
      const answer = answers[request.url ?? ''];
      if (answer === undefined) return void response.writeHead(404).end();
      response.end((typeof answer === 'string' ? answer : JSON.stringify(answer)).replaceAll('URL', url));
    });
    return url;
  };

  it('finds the keys of an issuer with a path, with and without a slash at its end', async () => {
    const issuer = await startIssuer({ path: '/realms/a' });
    try {
      expect((await ask(issuer.url)).keys.map(({ kid }) => kid)).to.deep.equal(['first']);
      issuer.callsItself = `${issuer.url}/`;
      expect((await ask(`${issuer.url}/`)).keys.map(({ kid }) => kid)).to.deep.equal(['first']);
      expect(new Set(issuer.asked)).to.deep.equal(new Set([`/realms/a${DISCOVERY}`, '/realms/a/jwks']));
    } finally {
      await issuer.close();
    }
  });

  it('uses the configured discovery URL, and compares its document with the issuer', async () => {
    const url = await issuerOf({
      '/elsewhere': { issuer: 'https://issuer.example', jwks_uri: 'URL/keys' },
      '/keys': { keys: [] },
    });
    expect(await ask('https://issuer.example', `${url}/elsewhere`)).to.deep.equal({ keys: [], ignored: 0 });
    expect(await problemOf(ask('https://issuer.example/', `${url}/elsewhere`))).to.equal(
      issuerMismatch('https://issuer.example/', 'https://issuer.example'),
    );
  });

  it('does not take keys from an address that is not secure, or that is on this machine', async () => {
    for (const [discovery, keys] of [
      ['https://issuer.example', 'http://issuer.example/keys'],
      ['https://issuer.example', 'http://127.0.0.1:1/keys'],
      ['https://issuer.example', 'file:///etc/passwd'],
      ['http://127.0.0.1:1', 'http://issuer.example/keys'],
    ] as const) {
      const asked: string[] = [];
      const fake = ((url: string) => {
        asked.push(url);
        return Promise.resolve(Response.json({ issuer: discovery, jwks_uri: keys }));
      }) as unknown as typeof globalThis.fetch;
      const asking = askIssuer({ issuer: { url: discovery }, timeoutMs: 5_000, fetch: fake });
      expect(await problemOf(asking), keys).to.equal(`jwks_uri must be an https URL (got ${keys})`);
      expect(asked).to.have.length(1);
    }
  });

  it('does not follow redirects for either document', async () => {
    const asked: string[] = [];
    const elsewhere = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify({ keys: [] }));
    });
    let redirected = DISCOVERY;
    const url = await serve((request, response) => {
      if (request.url === redirected) return void response.writeHead(302, { location: `${elsewhere}/evil` }).end();
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    });
    const words = `answered 302, a redirect to ${elsewhere}/evil, which is not followed`;
    expect(await problemOf(ask(url))).to.equal(`${url}${DISCOVERY} ${words}`);
    redirected = '/keys';
    expect(await problemOf(ask(url))).to.equal(`${url}/keys ${words}`);
    expect(asked).to.deep.equal([]);
  });

  it('reads no more than the limit, whatever the announced length', async () => {
    let cut = false;
    const url = await serve((_request, response) => {
      const write = () => {
        while (response.write(' '.repeat(65_536)));
      };
      response.on('drain', write);
      response.once('close', () => {
        cut = true;
      });
      write();
    });
    expect(await problemOf(ask(url))).to.equal(`${url}${DISCOVERY} answered more than 1048576 bytes`);
    // The connection of an endless answer is closed.
    await eventually(
      () => cut,
      (done) => done,
    );
  });

  it('reports what is wrong with which answer', async () => {
    const discovery = { issuer: 'URL', jwks_uri: 'URL/keys' };
    const cases: [Record<string, unknown>, string][] = [
      [{}, `URL${DISCOVERY} answered 404`],
      [{ [DISCOVERY]: '<html>' }, `URL${DISCOVERY} did not answer with JSON`],
      [{ [DISCOVERY]: { issuer: 5 } }, `URL${DISCOVERY} is not a discovery document with issuer and jwks_uri`],
      [{ [DISCOVERY]: [] }, `URL${DISCOVERY} is not a discovery document with issuer and jwks_uri`],
      [{ [DISCOVERY]: 'null' }, `URL${DISCOVERY} is not a discovery document with issuer and jwks_uri`],
      [
        { [DISCOVERY]: { ...discovery, jwks_uri: 'x' } },
        `URL${DISCOVERY} is not a discovery document with issuer and jwks_uri`,
      ],
      [{ [DISCOVERY]: discovery }, 'URL/keys answered 404'],
      [
        { [DISCOVERY]: discovery, '/keys': { keys: 5 } },
        'URL/keys cannot be used: it is not a JSON Web Key Set of at most 200 keys',
      ],
      [
        { [DISCOVERY]: discovery, '/keys': { keys: Array.from({ length: 201 }, () => ({ kty: 'oct' })) } },
        'URL/keys cannot be used: it is not a JSON Web Key Set of at most 200 keys',
      ],
    ];
    for (const [answers, problem] of cases) {
      const url = await issuerOf(answers);
      expect(await problemOf(ask(url))).to.equal(problem.replaceAll('URL', url));
    }
  });

  it('reports when nothing listens, and when no answer comes in time', async () => {
    const silent = await serve(() => undefined);
    expect(await problemOf(ask(silent, undefined, 100))).to.equal(`${silent}${DISCOVERY} did not answer within 0.1 s`);
    const url = await serve(() => undefined);
    const closed = servers.pop();
    await new Promise((resolve) => closed?.close(resolve));
    expect(await problemOf(ask(url))).to.match(/cannot be reached: .*ECONNREFUSED/);
  });

  it('describes how two issuers differ', () => {
    expect(issuerMismatch('https://a', 'https://b')).to.equal(
      'the issuer is configured as https://a but calls itself https://b',
    );
    expect(issuerMismatch('https://a', 'https://a/')).to.equal(
      'the issuer is configured as https://a but calls itself https://a/: they differ only in the trailing slash, but must be exactly equal',
    );
  });
});
