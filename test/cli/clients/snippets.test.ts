import { expect } from 'chai';
import type { Client, Snippet } from '../../../cli/clients/client.ts';
import { CLIENTS } from '../../../cli/clients/clients.ts';
import { type Registration, registerAdministrator, registerUser } from '../../../cli/clients/registration.ts';
import { UserError } from '../../../core/errors.ts';
import { READERS } from './readers.ts';
import { cursorEntry, cursorShape, vscodeEntry, vscodeShape } from './shapes.ts';

const GATEWAY = 'https://mcp.example.com';
const TOKEN = 'MCP_GATEWAY_TOKEN';
/** Everything that a shell, JSON, TOML, YAML or a URL could stumble over. */
const AWKWARD = `/srv/it's "my" \\ $HOME \${x} #é\x7f [a, b]: {c} -- 100%`;

function clientOf(name: string): Client {
  const client = CLIENTS.get(name);
  if (client === undefined) throw new Error(`no client ${name}`);
  return client;
}

/** The snippet as its client reads it. */
function read(name: string, registration: Registration): Registration[] {
  const reader = READERS.get(name);
  if (reader === undefined) throw new Error(`no reader of ${name}`);
  return reader(clientOf(name).snippet(registration).text);
}

/** The link of a snippet. */
function linkOf({ link }: Snippet): URL {
  if (link === undefined) throw new Error('no link');
  return new URL(link);
}

describe('clients: snippets', () => {
  it('are known for each client', () => {
    expect([...CLIENTS.keys()]).to.have.members([...READERS.keys()]);
  });

  const places = [
    {},
    { registry: AWKWARD, 'state-dir': '/var/lib/mcp' },
    { context: 'kind-mcp', namespace: 'mcp' },
    { kubeconfig: '/home/me/.kube/config', 'gateway-namespace': 'edge', context: 'arn:aws:eks:eu-1:1:cluster/prod' },
  ];
  for (const name of CLIENTS.keys()) {
    describe(name, () => {
      it('starts mcp-gateway serve, by the documented shape', () => {
        for (const place of places) {
          const registration = registerAdministrator(place);
          expect(read(name, registration)).to.deep.equal([registration]);
        }
      });

      it('connects to a backend, by the documented shape', () => {
        const registration = registerUser(GATEWAY, 'jira');
        const secret = name === 'continue' ? { tokenName: TOKEN } : {};
        expect(read(name, registration)).to.deep.equal([{ ...registration, ...secret }]);
      });

      it('takes a token from a variable, or says that the client cannot', () => {
        const registration = registerUser(GATEWAY, 'jira', 'OTHER_TOKEN');
        if (['claude-desktop', 'zed'].includes(name)) {
          expect(() => read(name, registration)).to.throw(UserError, 'takes no access token from a variable');
        } else {
          expect(read(name, registration)).to.deep.equal([registration]);
        }
      });
    });
  }

  it('of Cursor and VS Code have links that add the same', () => {
    for (const registration of [registerAdministrator({ registry: AWKWARD }), registerUser(GATEWAY, 'jira')]) {
      const ofCursor = clientOf('cursor').snippet(registration);
      const query = linkOf(ofCursor).searchParams;
      const config = cursorEntry.parse(JSON.parse(Buffer.from(query.get('config') ?? '', 'base64').toString()));
      expect({ [query.get('name') ?? '']: config }).to.deep.equal(
        cursorShape.parse(JSON.parse(ofCursor.text)).mcpServers,
      );

      const ofVscode = clientOf('vscode').snippet(registration);
      const { name, ...entry } = JSON.parse(decodeURIComponent(linkOf(ofVscode).search.slice(1)));
      const { servers } = vscodeShape.parse(JSON.parse(ofVscode.text));
      expect({ [name]: vscodeEntry.parse(entry) }).to.deep.equal(servers);
    }
  });

  it('have no link where it could not ask for the token', () => {
    expect(clientOf('vscode').snippet(registerUser(GATEWAY, 'jira', TOKEN))).not.to.have.property('link');
  });
});

describe('clients: registrations', () => {
  const urlOf = (...given: Parameters<typeof registerUser>) => registerUser(...given).url;

  it('make the URL of a backend from that of the gateway, or take it whole', () => {
    expect(urlOf(GATEWAY, 'jira')).to.equal(`${GATEWAY}/jira/mcp`);
    expect(urlOf(`${GATEWAY}/`, 'jira')).to.equal(`${GATEWAY}/jira/mcp`);
    expect(urlOf('http://127.0.0.1:8080/base/', 'jira')).to.equal('http://127.0.0.1:8080/base/jira/mcp');
    expect(urlOf(`${GATEWAY}/base/jira/mcp`, undefined)).to.equal(`${GATEWAY}/base/jira/mcp`);
    expect(registerUser(`${GATEWAY}/jira/mcp/`, 'jira').name).to.equal('jira');
  });

  it('refuse what cannot be', () => {
    const refused: [Parameters<typeof registerUser>, string][] = [
      [['mcp.example.com', 'jira'], 'must be an http or https URL'],
      [['ftp://mcp.example.com', 'jira'], 'must be an http or https URL'],
      [['https://a:b@mcp.example.com', 'jira'], 'must not hold credentials'],
      [['https://mcp.example.com?x=1', 'jira'], 'must not hold credentials, a query'],
      [[GATEWAY, undefined], 'name a backend'],
      [[`${GATEWAY}/jira/mcp`, 'notes'], 'is not the one in --url'],
      [[GATEWAY, 'No Such'], 'cannot be the name of a backend'],
      [[GATEWAY, 'jira', 'eyJ.a.b'], '--token-from must be the name of a variable'],
    ];
    for (const [given, message] of refused) expect(() => registerUser(...given)).to.throw(UserError, message);
  });
});
