import { expect } from 'chai';
import type { Client, Snippet } from '../../../cli/clients/client.ts';
import { CLIENTS } from '../../../cli/clients/clients.ts';
import { type Registration, registerAdministrator, registerUser } from '../../../cli/clients/registration.ts';
import { UserError } from '../../../core/errors.ts';
import { READERS } from './readers.ts';
import { cursorEntry, cursorShape, vscodeEntry, vscodeShape } from './shapes.ts';

const GATEWAY = 'https://mcp.example.com';
const TOKEN = 'MCP_GATEWAY_TOKEN';
/** Everything that is special in a shell, JSON, TOML, YAML or a URL. */
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
  it('exist for each client', () => {
    expect([...CLIENTS.keys()]).to.have.members([...READERS.keys()]);
  });

  const choices = [
    {},
    { registry: AWKWARD, 'state-dir': '/var/lib/mcp' },
    { context: 'kind-mcp', namespace: 'mcp' },
    { kubeconfig: '/home/me/.kube/config', 'gateway-namespace': 'edge', context: 'arn:aws:eks:eu-1:1:cluster/prod' },
  ];
  for (const name of CLIENTS.keys()) {
    describe(name, () => {
      it('starts mcp-gateway serve, in the documented format', () => {
        for (const choice of choices) {
          const registration = registerAdministrator(choice);
          expect(read(name, registration)).to.deep.equal([registration]);
        }
      });

      it('connects to a backend, in the documented format', () => {
        const registration = registerUser(GATEWAY, 'jira');
        const secret = name === 'continue' ? { tokenName: TOKEN } : {};
        expect(read(name, registration)).to.deep.equal([{ ...registration, ...secret }]);
      });

      it('takes a token from a variable, or rejects it if the client cannot', () => {
        const registration = registerUser(GATEWAY, 'jira', 'OTHER_TOKEN');
        if (['claude-desktop', 'zed'].includes(name)) {
          expect(() => read(name, registration))
            .to.throw(UserError)
            .with.property('code', 'usage');
        } else {
          expect(read(name, registration)).to.deep.equal([registration]);
        }
      });
    });
  }

  it('of Cursor and VS Code have links that add the same entry', () => {
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

  it('have no link if it could not ask for the token', () => {
    expect(clientOf('vscode').snippet(registerUser(GATEWAY, 'jira', TOKEN))).not.to.have.property('link');
  });
});

describe('clients: registrations', () => {
  const urlOf = (...given: Parameters<typeof registerUser>) => registerUser(...given).url;

  it('take the URL of the gateway, or the whole URL of a backend', () => {
    expect(urlOf(GATEWAY, 'jira')).to.equal(`${GATEWAY}/jira/mcp`);
    expect(urlOf(`${GATEWAY}/`, 'jira')).to.equal(`${GATEWAY}/jira/mcp`);
    expect(urlOf('http://127.0.0.1:8080/base/', 'jira')).to.equal('http://127.0.0.1:8080/base/jira/mcp');
    expect(urlOf(`${GATEWAY}/base/jira/mcp`, undefined)).to.equal(`${GATEWAY}/base/jira/mcp`);
    expect(registerUser(`${GATEWAY}/jira/mcp/`, 'jira').name).to.equal('jira');
  });

  it('reject invalid parts', () => {
    const rejected: Parameters<typeof registerUser>[] = [
      ...[
        ['mcp.example.com', 'jira'],
        ['ftp://mcp.example.com', 'jira'],
        ['https://a:b@mcp.example.com', 'jira'],
      ],
      ...[
        ['https://mcp.example.com?x=1', 'jira'],
        [GATEWAY, undefined],
        [`${GATEWAY}/jira/mcp`, 'notes'],
      ],
      ...[
        [GATEWAY, 'No Such'],
        [GATEWAY, 'jira', 'eyJ.a.b'],
      ],
    ] as Parameters<typeof registerUser>[];
    for (const given of rejected) {
      expect(() => registerUser(...given), String(given))
        .to.throw(UserError)
        .with.property('code', 'usage');
    }
  });
});
