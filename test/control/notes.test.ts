import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assignBackend } from '../../control/backends/assign.ts';
import { registerBackend, removeBackend } from '../../control/backends/register.ts';
import { FolderInstallation } from '../../control/folder/installation.ts';
import { helmInput } from '../../control/helm/input.ts';
import { helmValues } from '../../control/helm/values.ts';
import { stateFolder, writeFacts } from '../../runtime/state/folder.ts';
import { type RegistryFolder, registryFolder } from './mcp/registry-folder.ts';

const HELM = {
  publicUrl: 'https://mcp.example.com',
  issuer: { url: 'https://idp.example.com' },
  backends: [{ name: 'jira', image: 'jira:1' }],
  tenants: [{ name: 'sales', match: [{ group: 'sales' }] }],
};

describe('notes in results of control', () => {
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

  const register = (name: string, given: object) =>
    registerBackend(installation, {
      ...{ name, given: { ...given }, unset: [], update: false, dryRun: true, waiting: undefined },
    });

  const NOTES: Readonly<Record<string, [act: () => Promise<{ notes: readonly string[] }>, expected: string[]]>> = {
    'a backend without a list': [
      () => register('x', { url: 'http://a' }),
      ['it names no tenants, so every tenant may use it whose own list names it, or all backends'],
    ],
    'a backend that no tenant may use': [
      () => register('x', { url: 'http://a', tenants: ['sales'] }),
      ['no tenant may use it yet; choose tenants with assign_backend (backends assign)'],
    ],
    'a backend that one of its tenants does not list': [
      () => register('x', { url: 'http://a', tenants: ['sales', 'engineering'] }),
      ['these tenants do not have it in their own lists yet: sales; add it with assign_backend (backends assign)'],
    ],
    'tenants that cannot be read': [
      () => {
        registry.write('tenants.yaml', 'tenants: 5\n');
        return register('x', { url: 'http://a' });
      },
      ['the tenants were not checked: the tenants document of FOLDER has errors; fix them first'],
    ],
    'a removed backend': [
      () => removeBackend(installation, { name: 'jira', dryRun: true }),
      ['open sessions continue for 30s; then clients get 404'],
    ],
    'a backend without tenants': [
      () => assignBackend(installation, { name: 'jira', tenants: [], mode: 'set', dryRun: true }),
      ['no tenant may use it now'],
    ],
    'no gateway, and a file without a name': [
      () => {
        registry.write('backends/a.yaml', '[]');
        return installation.list();
      },
      [
        'no gateway runs with the state folder FOLDER/state, so health is unknown; start it with mcp-gateway up',
        'FOLDER/backends/a.yaml names no backend',
      ],
    ],
    'another gateway': [
      () => {
        const facts = { publicUrl: 'http://127.0.0.1:1', watcherSocket: '/nowhere', tenantsFile: '/other.yaml' };
        writeFacts(stateFolder(join(registry.folder, 'state')), facts);
        return installation.list();
      },
      [
        'the gateway of the state folder FOLDER/state has another tenants document (/other.yaml); name the right state folder with --state-dir',
      ],
    ],
    'a chart without Redis': [
      async () => helmValues(helmInput.parse(HELM)),
      ['without Redis each gateway pod counts quotas separately; set redis.url to share them'],
    ],
    'Secrets and unused backends of a chart': [
      async () =>
        helmValues(
          helmInput.parse({
            ...{ ...HELM, replicas: 1, tenants: [{ ...HELM.tenants[0], backends: ['jira'] }] },
            backends: [
              { name: 'jira', image: 'jira:1', secretEnv: { TOKEN: { name: 'jira', key: 'token' } } },
              { name: 'wiki', image: 'wiki:1' },
            ],
          }),
        ),
      [
        'create the Secret first: kubectl -n mcp create secret generic jira --from-file=token=FILE',
        'no tenant may use wiki',
      ],
    ],
  };

  for (const [title, [act, expected]] of Object.entries(NOTES)) {
    it(title, async () => {
      const { notes } = await act();
      expect(notes.map((note) => note.replaceAll(registry.folder, 'FOLDER'))).to.deep.equal(expected);
    });
  }
});
