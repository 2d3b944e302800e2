import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assignBackend } from '../../control/backends/assign.ts';
import { rejectCredentials } from '../../control/backends/credentials.ts';
import { registerBackend, removeBackend, scaleBackend } from '../../control/backends/register.ts';
import { rewriteFile } from '../../control/documents/rewrite-file.ts';
import { explainDenial } from '../../control/explain/denial.ts';
import { explainSession } from '../../control/explain/session.ts';
import { sessionKeysIn } from '../../control/explain/session-keys.ts';
import { createBackendFile } from '../../control/folder/files.ts';
import { FolderInstallation } from '../../control/folder/installation.ts';
import { quotasOfGateway } from '../../control/folder/quotas.ts';
import { helmInput } from '../../control/helm/input.ts';
import { helmValues } from '../../control/helm/values.ts';
import { parseArguments } from '../../control/mcp/tool-input.ts';
import { parseChanges, toChanges } from '../../control/tenants/quota-changes.ts';
import { editQuota } from '../../control/tenants/quota-edit.ts';
import { nameBackend } from '../../control/tenants/tenants.ts';
import { stateFolder } from '../../runtime/state/folder.ts';
import { rejectionOf } from '../support/rejection.ts';
import { type RegistryFolder, registryFolder, TENANTS } from './mcp/registry-folder.ts';

const CHANGES_HINT = `Keys: requests, per, burst, maxConcurrent, maxStreams, dryRun; users.requests, backends.NAME.per, rules.NAME.burst and so on.
The value none removes burst, maxConcurrent, maxStreams, users or backends.NAME.`;
const SHARED = `tenants:
  - {name: a, match: [{claim: t, value: a}], backends: &list [wiki], quota: &quota {requests: 1, per: day}}
  - {name: b, match: [{claim: t, value: b}], backends: *list, quota: *quota}
`;
const HELM = {
  publicUrl: 'https://mcp.example.com',
  issuer: { url: 'https://idp.example.com' },
  backends: [{ name: 'jira', image: 'jira:1' }],
  tenants: [{ name: 'sales', match: [{ group: 'sales' }] }],
};

describe('messages of control', () => {
  let registry: RegistryFolder;
  let installation: FolderInstallation;

  beforeEach(() => {
    registry = registryFolder();
    registry.write('backends/jira.yaml', 'name: jira\nurl: http://127.0.0.1:1/mcp\n');
    const state = stateFolder(join(registry.folder, 'state'));
    mkdirSync(state.root);
    installation = new FolderInstallation(registry.folder, state);
  });
  afterEach(() => registry.remove());

  const register = (name: string, given: object, more: object = {}) =>
    registerBackend(installation, {
      ...{ name, given: { ...given }, unset: [], update: false, dryRun: false, waiting: undefined },
      ...more,
    });
  const edit = (set: string, text = TENANTS, tenant = 'sales') =>
    editQuota(text, 'tenants.yaml', { tenant, changes: parseChanges(set), topUp: undefined }, 0);

  const CASES: Readonly<Record<string, [act: () => unknown, expected: string]>> = {
    'a name that is taken': [
      () => register('jira', { url: 'http://a' }),
      `exists: the backend "jira" exists already (FOLDER/backends/jira.yaml)
Choose another name, or change this backend with update: true (--update), which keeps all keys that are not given.`,
    ],
    'a file that is taken': [
      () => createBackendFile(join(registry.folder, 'backends'), { name: 'jira' }),
      'exists: the file FOLDER/backends/jira.yaml exists already\nChoose another name.',
    ],
    'a name that was taken in the meantime': [
      () => installation.create({ name: 'jira' }, { dryRun: false }),
      'exists: the backend "jira" exists already, in jira.yaml',
    ],
    'keys of a new backend to remove': [
      () => register('new', {}, { update: true, unset: ['path'] }),
      'usage: there is no backend "new" to change',
    ],
    'an unknown backend': [
      () => removeBackend(installation, { name: 'nothing', dryRun: false }),
      'no-such: there is no backend "nothing"\nBackends: jira',
    ],
    'an unknown backend, and there are none': [
      async () => {
        await installation.remove('jira');
        await assignBackend(installation, { name: 'nothing', tenants: [], mode: 'set', dryRun: false });
      },
      'no-such: there is no backend "nothing"\nNo backend is registered yet.',
    ],
    'an unknown backend of a folder': [() => installation.remove('nothing'), 'no-such: there is no backend "nothing"'],
    'replicas of a URL': [
      () => scaleBackend(installation, { name: 'jira', replicas: 2, dryRun: false, waiting: undefined }),
      `usage: jira cannot be scaled here: only a backend with an image, a command or transport: sse has replicas
Scale it where it runs. To add URLs, set urls with register_backend and update: true.`,
    ],
    'a spec that is not valid': [
      () => register('x', { url: 'ftp://x', colour: 'red' }),
      `config: the backend "x" has 2 problems
x: url: …
x: colour: …
Nothing was changed.`,
    ],
    'a credential in a cluster': [
      () => rejectCredentials('github', { env: { GITHUB_TOKEN: 'abc' } }, { kind: 'cluster', secretsLocation: 'mcp' }),
      `usage: credentials must be references, not values: env.GITHUB_TOKEN looks like the value of a credential (GITHUB_TOKEN)
A person puts the value into a Secret, outside of this conversation:
  kubectl -n mcp create secret generic github-credentials --from-file=GITHUB_TOKEN=FILE
Then refer to it. If the server reads it from its environment:
  secretEnv {"GITHUB_TOKEN": {"name": "github-credentials", "key": "GITHUB_TOKEN"}}
If it is sent with each request:
  upstreamAuth {"type": "bearer", "secret": {"name": "github-credentials", "key": "GITHUB_TOKEN"}}
Nothing was changed.`,
    ],
    'a credential on a machine': [
      () => register('x', { url: 'http://u:p@a/mcp' }),
      `usage: credentials must be references, not values: url looks like a URL with a password
If the server takes the credential with each request: a person puts it into a file that only they can read, and you name the file:
  upstreamAuth {"type": "bearer", "file": "secrets/token"}
If its program reads it from the environment: register it without the variable. Then a person adds the variable by hand, under env
in FOLDER/backends/x.yaml; later changes made here keep it.
Nothing was changed.`,
    ],
    'an unknown tenant': [
      () => register('x', { url: 'http://a', tenants: ['nobody'] }),
      'usage: there is no tenant "nobody"\nTenants: engineering, sales',
    ],
    'other tenants that would change': [
      () => nameBackend(SHARED, 'tenants.yaml', 'jira', ['a']),
      'config: tenants.yaml cannot be edited here: other tenants share this value through a YAML anchor\nEdit it by hand.',
    ],
    'other tenants whose quota would change': [
      () => edit('requests=2', SHARED, 'a'),
      'config: tenants.yaml cannot be edited here: other tenants share this value through a YAML anchor\nEdit it by hand.',
    ],
    'a tenants document with errors': [
      () => edit('requests=2', 'tenants: 5\n'),
      'config: tenants.yaml has errors; fix them first\ntenants.yaml:1: tenants: …',
    ],
    'a tenants document that is missing': [
      () => rewriteFile(join(registry.folder, 'none.yaml'), (text) => text),
      `config: FOLDER/none.yaml cannot be changed: ENOENT: no such file or directory, realpath 'FOLDER/none.yaml'`,
    ],
    'no KEY=VALUE': [() => parseChanges(' '), `usage: --set needs at least one KEY=VALUE\n${CHANGES_HINT}`],
    'another word': [() => parseChanges('per'), `usage: "per" is not of the form KEY=VALUE\n${CHANGES_HINT}`],
    'an unknown key of a quota': [() => parseChanges('a=1'), `usage: there is no key "a"\n${CHANGES_HINT}`],
    'a number': [
      () => parseChanges('maxStreams=0'),
      `usage: maxStreams must be a whole number from 1 to 1000000 (got "0")\n${CHANGES_HINT}`,
    ],
    'a period': [
      () => parseChanges('per=week'),
      `usage: per must be second, minute, hour or day (got "week")\n${CHANGES_HINT}`,
    ],
    'a flag': [() => parseChanges('dryRun=yes'), `usage: dryRun must be true or false (got "yes")\n${CHANGES_HINT}`],
    'a value for all users': [
      () => parseChanges('users=5'),
      `usage: users can only be set to none; its keys are users.requests, .per and .burst\n${CHANGES_HINT}`,
    ],
    'a key twice in words': [() => parseChanges('burst=5 burst=6'), `usage: burst is set twice\n${CHANGES_HINT}`],
    'a key twice': [() => toChanges({ requests: 1, set: 'requests=2' }), 'usage: requests is set twice'],
    'an unknown rule of a tenant without rules': [
      () => edit('rules.x.requests=1'),
      'usage: there is no rule "x"\nThe tenant has no rules; add them to the document by hand.',
    ],
    'a quota that is not valid': [
      () => edit('requests=1'),
      'usage: the quota of sales would not be valid: per: …\nNothing was changed.',
    ],
    'a top-up without a limit': [
      () => editQuota(TENANTS, 't', { tenant: 'sales', changes: [], topUp: { requests: 1, untilMs: 60_000 } }, 0),
      `usage: sales has no limit of its own, so there is nothing to top up
Give it one first, for example with --set "requests=1000 per=hour".`,
    ],
    'no gateway.yaml': [
      () => new FolderInstallation('/nowhere', stateFolder('/nowhere')).list(),
      `missing-file: /nowhere/gateway.yaml cannot be read: ENOENT: no such file or directory, open '/nowhere/gateway.yaml'
Name the folder of a gateway.yaml with --registry DIR, or the file with --config FILE.`,
    ],
    'a gateway.yaml with errors': [
      () => {
        registry.write('gateway.yaml', 'issuer: development\nbackends: backends\ntenants: 5\n');
        return installation.list();
      },
      `config: FOLDER/gateway.yaml has errors; fix them first\nFOLDER/gateway.yaml:3: tenants: …`,
    ],
    'a folder without a gateway': [
      () => quotasOfGateway(stateFolder('/nowhere')),
      `not-running: no gateway was started with the state folder /nowhere
Start one with mcp-gateway up, or name its folder with --state-dir.`,
    ],
    'session keys that are missing': [
      () => explainSession(installation, { sessionId: 'x', viewer: 'all', nowMs: 0 }),
      `missing-file: FOLDER/state/session-keys cannot be read: ENOENT: no such file or directory, open 'FOLDER/state/session-keys'`,
    ],
    'session keys that are damaged': [
      () => sessionKeysIn('abc', 'keys'),
      `config: keys holds no usable session keys
keys:1: …`,
    ],
    'an unknown session': [
      () => {
        registry.write('state/session-keys', Buffer.alloc(32, 7).toString('base64'));
        return explainSession(installation, { sessionId: 'x', viewer: 'all', nowMs: 0 });
      },
      `no-such: this is not a session id of this gateway
Give the value of the header Mcp-Session-Id as the client has it, without quotes. It may be truncated or changed,
sealed with a retired key, or from another gateway. Then the client must initialize again.`,
    ],
    'no audit log': [
      () => explainDenial(installation, { requestId: 'r', viewer: 'all' }),
      `missing-file: the audit log FOLDER/state/audit.log cannot be read: ENOENT: no such file or directory, open 'FOLDER/state/audit.log'
The audit log is on the gateway's machine; see audit in gateway.yaml.`,
    ],
    'an unknown request': [
      () => {
        registry.write('state/audit.log', '');
        return explainDenial(installation, { requestId: 'r', viewer: 'all' });
      },
      `no-such: the audit log has no decision about the request "r"
Clients find the id in the response header x-request-id. Perhaps another gateway answered, the line was in a file that was
removed, audit.decisions or audit.anonymousDenialsPerSecond in gateway.yaml excludes it, or Envoy rejected it before a
decision (see its access log).`,
    ],
    'arguments of a tool': [
      () => parseArguments(helmInput, { ...HELM, replicas: 0, tenants: 5 }),
      `usage: the arguments have 2 problems
tenants: …
replicas: …
Nothing was changed.`,
    ],
    'values for the Helm chart': [
      () =>
        helmValues(
          helmInput.parse({
            ...HELM,
            issuer: undefined,
            backends: [...HELM.backends, ...HELM.backends, { name: 'wiki', image: 'w:1', tenants: ['x'] }],
            tenants: [{ ...HELM.tenants[0], backends: ['y'] }],
            namespace: 'mcp',
          }),
        ),
      `config: the arguments cannot be turned into a values.yaml
issuer: one of issuer, issuers and entra is required
backends[1].name: is also the name of another backend
backends[2].tenants: names the tenant x, which is not among tenants
tenants[0].backends: names the backend y, which is not among backends
backendsNamespace: …`,
    ],
    'two issuers for the Helm chart': [
      () => helmValues(helmInput.parse({ ...HELM, issuers: [HELM.issuer] })),
      `config: the arguments cannot be turned into a values.yaml
issuers: only one of issuer, issuers and entra may be given`,
    ],
  };

  for (const [title, [act, expected]] of Object.entries(CASES)) {
    it(title, async () => {
      const shown = await rejectionOf(act);
      // The wording of a problem with a value is core's.
      const own = shown.replace(/: (?:must|unknown|Too|is required).*$/gm, ': …');
      expect(own.replaceAll(registry.folder, 'FOLDER')).to.equal(expected);
    });
  }
});
