// Family: pages of other sites, and public resources. DNS rebinding, CORS, the metadata.
import { expect } from 'chai';
import { type Attack, FORBIDDEN, itHolds, type Outcome, UNAUTHORIZED } from './attack.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';
import { sendBytes } from './wire.ts';

const origin = (value: string, outcome: Outcome = FORBIDDEN): Attack => [
  `Origin: ${value}`,
  async (at) => {
    const answer = await sendBytes(at, { first: [`Origin: ${value}`] });
    if (outcome !== 'passes') expect(answer.headers).to.not.have.property('access-control-allow-origin');
    expect(answer.headers).to.not.have.property('access-control-allow-credentials');
    return answer;
  },
  outcome,
];

const ORIGINS: Attack[] = [
  origin('http://evil.example'),
  origin('null'),
  origin(''),
  origin('*'),
  origin('file://'),
  origin('localhost'),
  origin('//localhost'),
  origin('ftp://localhost'),
  origin('chrome-extension://localhost'),
  origin('http://localhost.evil.example'),
  origin('http://127.0.0.1.evil.example:80'),
  origin('http://evil-localhost'),
  origin('http://localhost@evil.example'),
  origin('http://evil.example@localhost'),
  origin('http://localhost:80@evil.example:80'),
  origin('http://localhost:80:80'),
  origin('http://localhost/'),
  origin('http://localhost.'),
  origin('http://localhost http://evil.example'),
  origin('http://localhost, http://evil.example:80'),
  origin('http://evil.example, http://localhost:80'),
  origin('http://localhost\\.evil.example'),
  origin('HTTP://LOCALHOST:6274', 'passes'),
  [
    'two Origins',
    (at) => sendBytes(at, { first: ['Origin: http://localhost', 'Origin: http://evil.example'] }),
    FORBIDDEN,
  ],
];

/** A page whose name now resolves to this machine (DNS rebinding): it sends its own Origin and Host. */
const rebound = (host: string, from: string, outcome: Outcome = FORBIDDEN): Attack => [
  `a page of ${from} at ${host}`,
  (at) => sendBytes(at, { first: [`Host: ${host}`, `Origin: ${from}`], without: ['host'] }),
  outcome,
];

const preflight = (what: string, first: string[], outcome: Outcome, line = 'OPTIONS /jira/mcp HTTP/1.1'): Attack => [
  what,
  async (at) => {
    const answer = await sendBytes(at, { line, first, without: ['authorization', 'content-type'], body: '' });
    expect(answer.headers).to.not.have.property('access-control-allow-origin');
    return answer;
  },
  outcome,
];

const ASKS = 'Access-Control-Request-Method: POST';
const PAGES: Attack[] = [
  rebound('evil.example', 'http://evil.example'),
  rebound('evil.example:8080', 'http://localhost:8080'),
  rebound('localhost:8080', 'http://evil.example:8080'),
  preflight('the preflight of a foreign page', ['Origin: http://evil.example', ASKS], FORBIDDEN),
  preflight('the preflight of a page without an origin', ['Origin: null', ASKS], FORBIDDEN),
  preflight('a preflight without Origin', [ASKS], [405, -32000]),
  preflight(
    'the preflight of a foreign page for an unknown path',
    ['Origin: http://evil.example', ASKS],
    FORBIDDEN,
    'OPTIONS /none HTTP/1.1',
  ),
  [
    'a POST that claims to be a preflight',
    (at) => sendBytes(at, { first: ['Origin: http://localhost', ASKS], without: ['authorization'] }),
    UNAUTHORIZED,
  ],
  [
    'a preflight with a call in its body',
    (at) =>
      sendBytes(at, { line: 'OPTIONS /jira/mcp HTTP/1.1', first: ['Origin: http://localhost', ASKS], body: GET_ISSUE }),
    [204],
  ],
];

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Public resources reveal nothing else, and name only the gateway. */
export function foreignPages(ground: () => Ground): void {
  describe('pages of other sites, and public resources', () => {
    itHolds(ground, [...ORIGINS, ...PAGES]);

    const metadata = (backend: string, first: string[] = []) =>
      sendBytes(ground(), {
        line: `GET ${WELL_KNOWN}/${backend}/mcp HTTP/1.1`,
        first,
        without: ['host', 'authorization'],
        body: '',
      });

    for (const first of [
      ['Host: evil.example'],
      ['Host: localhost', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: ftp'],
    ]) {
      it(`the metadata names the gateway itself, with ${first.join(', ')}`, async () => {
        const answer = await metadata('jira', first);
        expect(JSON.parse(answer.body).resource).to.equal(ground().gateway.backendUrl('jira'));
        expect(answer.body).to.not.include('evil');
      });
    }
    it('the metadata does not reveal which backends exist', async () => {
      const bodies = await Promise.all(
        ['crm', 'none'].map(async (name) => (await metadata(name, ['Host: localhost'])).body.replace(name, '')),
      );
      expect(bodies[0]).to.equal(bodies[1]);
    });
    for (const path of [
      '/readyz',
      `${WELL_KNOWN}/readyz`,
      `${WELL_KNOWN}/../readyz`,
      `${WELL_KNOWN}/jira`,
      `${WELL_KNOWN}/jira/mcp/more`,
      `${WELL_KNOWN}/JIRA/mcp`,
      `${WELL_KNOWN}x`,
      `${WELL_KNOWN}/..%5creadyz`,
    ]) {
      it(`${path} is not public`, async () => {
        const { status } = await sendBytes(ground(), {
          line: `GET ${path} HTTP/1.1`,
          without: ['authorization'],
          body: '',
        });
        expect(status).to.be.oneOf([400, 404]);
      });
    }
  });
}
