import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { specOfDocument } from '../../cli/backend-flags.ts';
import { CLIENTS } from '../../cli/clients/clients.ts';
import { registerUser } from '../../cli/clients/registration.ts';
import type { Command } from '../../cli/command.ts';
import { admin } from '../../cli/commands/admin.ts';
import { backends } from '../../cli/commands/backends.ts';
import { bootstrap } from '../../cli/commands/bootstrap.ts';
import { bridge } from '../../cli/commands/bridge.ts';
import { check } from '../../cli/commands/check.ts';
import { clients } from '../../cli/commands/clients.ts';
import { completionFor } from '../../cli/commands/completion.ts';
import { extAuthz } from '../../cli/commands/ext-authz.ts';
import { helmValuesCommand } from '../../cli/commands/helm-values.ts';
import { operator } from '../../cli/commands/operator.ts';
import { pod } from '../../cli/commands/pod.ts';
import { quota } from '../../cli/commands/quota.ts';
import { serve } from '../../cli/commands/serve.ts';
import { status } from '../../cli/commands/status.ts';
import { up } from '../../cli/commands/up.ts';
import { watcher } from '../../cli/commands/watcher.ts';
import { stateFolder, writeFacts } from '../../runtime/state/folder.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';
import { rejectionOf } from '../support/rejection.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  ...{ admin, backends, bootstrap, bridge, check, clients, completion: completionFor({}), 'ext-authz': extAuthz },
  ...{ 'helm-values': helmValuesCommand, operator, pod, quota, serve, status, up, watcher },
};

function run(name: string, args: readonly string[]): Promise<number> | undefined {
  const terminal = { program: '', env: {}, print: () => {}, tell: () => {}, interactive: false };
  return COMMANDS[name]?.run([...args], terminal);
}

describe('messages of cli', () => {
  const WATCHER = [
    ...['--config', 'c', '--socket', 's', '--ended-sessions', 's', '--envoy-admin', 'a', '--ca-file', 'c'],
    ...['--listen-url', 'http://127.0.0.1:1', '--log-level', 'silent'],
  ];
  const SECRET = ['--secret-file', 's', '--registry', '/r', '--log-level', 'silent'];
  const OPERATOR = ['--bridge-image', 'b', '--log-level', 'silent'];

  /** Wrong calls, by command. The code is `usage`, and the hint names the help of the command. */
  const MISUSES: Readonly<Record<string, readonly (readonly [args: readonly string[], message: string])[]>> = {
    admin: [
      [['--port', '0', '--registry', '/r'], '--secret-file is required'],
      [SECRET, 'give exactly one of --socket and --port'],
      [[...SECRET, '--port', '0', '--socket', 'a'], 'give exactly one of --socket and --port'],
      [[...SECRET, '--port', '0', '--address', 'localhost'], '--address must be an IP address (got localhost)'],
    ],
    serve: [
      [
        ['--registry', '/r', '--namespace', 'mcp'],
        '--registry chooses a folder of this machine, so it cannot be combined with --namespace',
      ],
      [['--state-dir', '/s'], '--state-dir is only valid with --registry'],
      [['now'], "Unexpected argument 'now'. This command does not take positional arguments"],
    ],
    backends: [
      [[], 'the action must be one of list, register, status, scale, assign, remove'],
      [['lst'], 'the action must be one of list, register, status, scale, assign, remove (got lst)'],
      [['list', 'jira'], 'list takes no name'],
      [['status'], 'status needs the name of a backend'],
      [['remove', 'a', 'b'], 'one backend at a time (got also b)'],
      [['scale', 'jira'], '--replicas is required'],
      [['scale', 'jira', '--replicas', 'two'], '--replicas must be a whole number from 0 to 100 (got two)'],
      [['assign', 'jira'], 'at least one --tenant is required'],
      [['assign', 'jira', '--tenant', 'a', '--add', '--remove'], '--add and --remove cannot be combined'],
      [['register', 'a', '--env', 'A'], '--env must be NAME=VALUE (got A)'],
      [
        ['register', 'a', '--health-check', 'HTTP/'],
        '--health-check must be http, http:/PATH, tcp or none (got HTTP/)',
      ],
    ],
    bootstrap: [[[], '--config is required']],
    bridge: [
      [['--', 'true'], '--port is required'],
      [['--port', '0'], 'the command of the server is required after --, or --sse'],
      [['--port', '0', '--sse', 'http://a', '--', 'true'], '--sse cannot be combined with a command'],
      [['--port', '0', '--sse', 'ftp://a'], '--sse must be an http or https URL'],
      [['--port', '0', '--sse', 'http://a', '--key-file', 'k'], '--cert-file and --key-file belong together'],
      [['--port', '0', '--ca-file', 'k', '--', 'true'], '--ca-file, --cert-file and --key-file require --sse'],
      [['--port', '0', '--path', 'mcp', '--', 'true'], '--path must begin with / (got mcp)'],
      [
        ['--port', '0', '--drain', '5', '--', 'true'],
        '--drain must be a duration such as 500ms, 30s, 5m or 1h (got 5)',
      ],
    ],
    check: [[[], 'at least one FILE is required']],
    clients: [
      [[], 'the arguments must be list, or print and one client'],
      [['print'], 'the arguments must be list, or print and one client'],
      [['print', 'cursor', 'zed'], 'the arguments must be list, or print and one client'],
      [['list', 'cursor'], 'list takes no other option than --json'],
      [['list', '--registry', '/r'], 'list takes no other option than --json'],
      [['print', 'emacs'], 'there is no client "emacs"'],
      [['print', 'cursor', '--use', 'admin'], '--use must be administrator or user (got admin)'],
      [
        ['print', 'cursor', '--use', 'administrator', '--backend', 'jira'],
        '--backend, --url and --token-from are only valid with --use user',
      ],
      [['print', 'cursor', '--token-from', 'T'], '--backend, --url and --token-from are only valid with --use user'],
      [['print', 'cursor', '--backend', 'jira', '--context', 'c'], '--context is only valid with --use administrator'],
      [
        ['print', 'cursor', '--url', 'https://a', '--backend', 'b', '--state-dir', '/s'],
        '--url cannot be combined with --state-dir',
      ],
      [['print', 'cursor', '--url', 'ftp://a'], '--url must be an http or https URL (got ftp://a)'],
      [
        ['print', 'cursor', '--url', 'https://a?b', '--backend', 'c'],
        '--url must not contain credentials, a query or a fragment',
      ],
      [
        ['print', 'cursor', '--url', 'https://a/b/mcp', '--backend', 'c'],
        '--backend c is not the backend in --url https://a/b/mcp',
      ],
      [['print', 'cursor', '--url', 'https://a'], '--backend is required, unless --url is the whole URL of a backend'],
      [['print', 'cursor', '--url', 'https://a', '--backend', 'A'], '"A" is not a valid name of a backend'],
      [
        ['print', 'cursor', '--url', 'https://a/b/mcp', '--token-from', 'a.b'],
        '--token-from must be the name of a variable, such as MCP_GATEWAY_TOKEN (got a.b)',
      ],
    ],
    completion: [[['tcsh'], 'the argument must be one shell: bash, zsh, fish']],
    'ext-authz': [[[], '--socket is required']],
    'helm-values': [[[], 'one FILE is required']],
    operator: [
      [[], '--bridge-image is required'],
      [[...OPERATOR, '--namespace', 'A'], '--namespace must be the name of a namespace (got "A")'],
      [
        [...OPERATOR, '--public-url', 'gateway'],
        '--public-url must be an http or https URL without query (got gateway)',
      ],
      [[...OPERATOR, '--leader-elect', 'maybe'], '--leader-elect must be true or false (got maybe)'],
      [[...OPERATOR, '--health-port', '70000'], '--health-port must be a whole number from 0 to 65535 (got 70000)'],
      [[...OPERATOR, '--tenants', ''], '--tenants is required'],
    ],
    pod: [[['--sockets', '/s', '--settle', '1'], '--settle must be a duration such as 500ms, 30s, 5m or 1h (got 1)']],
    quota: [
      [[], 'one TENANT is required'],
      [['a', 'b'], 'one TENANT is required'],
      [['a', '--top-up', '5'], '--top-up and --for must be given together'],
      [['a', '--config', 'c'], '--config requires --set or --top-up: without a gateway there is nothing to show'],
      [['a', '--config', 'c', '--set', 'per=day', '--json'], '--config cannot be combined with --state-dir or --json'],
      [
        ['a', '--config', 'c', '--registry', '/r'],
        '--config cannot be combined with the options that choose an installation',
      ],
    ],
    watcher: [
      [[...WATCHER, '--admin-tools', 'unix:s'], '--admin-tools-secret is required'],
      [
        [...WATCHER, '--admin-tools', 'ftp://a', '--admin-tools-secret', 's', '--endpoints', 'e'],
        '--admin-tools must be unix:PATH or an http URL (got ftp://a)',
      ],
    ],
  };

  for (const [name, misuses] of Object.entries(MISUSES)) {
    it(`for wrong calls of ${name}`, async () => {
      for (const [args, message] of misuses) {
        const expected = `usage: ${message}\nSee mcp-gateway ${name} --help.`;
        expect(await rejectionOf(() => run(name, args)), args.join(' ')).to.equal(expected);
      }
    });
  }

  const folder = emptyFolder();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  const OTHERS: Readonly<Record<string, [act: () => unknown, expected: string]>> = {
    'a secret that is missing': [
      () => run('admin', ['--secret-file', '/nowhere/s', '--port', '0', '--registry', '/r', '--log-level', 'silent']),
      `missing-file: the secret cannot be read: ENOENT: no such file or directory, open '/nowhere/s'`,
    ],
    'a secret that is empty': [
      () =>
        run('admin', ['--secret-file', file('s', '\n'), '--port', '0', '--registry', '/r', '--log-level', 'silent']),
      'config: FOLDER/s is empty; it must contain the secret',
    ],
    'a document that is not a mapping': [
      () => specOfDocument('[]', 'jira.yaml'),
      'usage: jira.yaml must be a mapping\nSee mcp-gateway backends --help.',
    ],
    'a document of another backend': [
      () => run('backends', ['register', 'wiki', '--file', file('jira.yaml', '{name: jira}')]),
      'usage: FOLDER/jira.yaml defines jira, not wiki\nSee mcp-gateway backends --help.',
    ],
    'a document that is missing': [
      () => run('backends', ['register', 'wiki', '--file', '/nowhere/f']),
      `missing-file: /nowhere/f cannot be read: ENOENT: no such file or directory, open '/nowhere/f'`,
    ],
    'values that cannot be made': [
      () => run('helm-values', [file('h.yaml', '{publicUrl: 5}')]),
      'config: FOLDER/h.yaml cannot be turned into a values.yaml\npublicUrl: …\nbackends: …\ntenants: …',
    ],
    "a configuration to make Envoy's from": [
      () => run('bootstrap', ['--config', '/nowhere/g', '--sockets', '/s']),
      'missing-file: the configuration /nowhere/g does not exist',
    ],
    "a configuration to make Envoy's from, which is a folder": [
      () => run('bootstrap', ['--config', '/', '--sockets', '/s']),
      'missing-file: the configuration / cannot be read: it is a folder, not a regular file',
    ],
    'a configuration to run': [
      () => run('up', ['--config', '/nowhere/g']),
      `missing-file: the configuration /nowhere/g does not exist
Name it with --config FILE. examples/quickstart/gateway.yaml is an example.`,
    ],
    'issuers without a gateway.yaml': [
      () => run('check', ['--online', 'examples/quickstart/tenants.yaml']),
      'usage: --online needs a gateway.yaml\nIssuers are configured there. See mcp-gateway check --help.',
    ],
    'a client without tokens': [
      () => CLIENTS.get('zed')?.snippet(registerUser('https://a/b/mcp', undefined, 'T')),
      `usage: Zed cannot take an access token from a variable
Let it log in, or write the token itself into "headers" in your own settings.`,
    ],
    'a gateway that does not answer, to status': [
      () => {
        writeFacts(stateFolder(folder), {
          ...{ publicUrl: 'http://127.0.0.1:1', watcherSocket: '/nowhere', tenantsFile: '/none' },
        });
        return run('status', ['--state-dir', folder]);
      },
      'not-running: no gateway runs with the state folder FOLDER\nStart it with mcp-gateway up.',
    ],
    'a gateway that does not answer, to quota': [
      () => run('quota', ['a', '--state-dir', folder]),
      `not-running: no gateway runs with the state folder FOLDER
Start it with mcp-gateway up. --config gateway.yaml changes the tenants document without one.`,
    ],
  };

  for (const [title, [act, expected]] of Object.entries(OTHERS)) {
    it(`for ${title}`, async () => {
      const shown = await rejectionOf(act);
      // The wording of a problem with a value is core's.
      const own = shown.replace(/: (?:must|is required).*$/gm, ': …');
      expect(own.replaceAll(folder, 'FOLDER')).to.equal(expected);
    });
  }
});
