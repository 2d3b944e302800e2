import { expect } from 'chai';
import { deny } from '../../../core/mcp/denial.ts';
import type { AdmissionRule } from '../../../ext-authz/check/admission.ts';
import { PUBLIC_URL, policyBackend } from '../policy.ts';
import { BODY, CheckHarness, json } from './harness.ts';

const call = (name: unknown, id = 7) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

describe('ext-authz/check, policy', () => {
  let harness: CheckHarness;

  beforeEach(async () => {
    harness = await CheckHarness.start([
      policyBackend('a', {
        filters: {
          tools: { allow: undefined, deny: ['drop_*'] },
          prompts: { allow: ['ok'], deny: [] },
          resources: { allow: undefined, deny: ['file:///secret*'] },
        },
      }),
      policyBackend('scoped', {
        scopes: [
          { tools: undefined, need: ['jira.read'] },
          { tools: ['delete_*'], need: ['jira.write'] },
        ],
      }),
      policyBackend('called', {
        credential: { name: 'authorization', value: 'Bearer secret' },
        identityHeaders: ['subject', 'tenant', 'roles', 'scopes'],
      }),
      policyBackend('bridged', { bridged: true }),
      policyBackend('locked', { credential: 'missing' }),
    ]);
  });
  afterEach(() => harness.stop());

  const about = (body: unknown) => harness.request({ body: json(body) });

  describe('tools, prompts and resources', () => {
    const message = (method: string, params: object) => ({ jsonrpc: '2.0', id: 7, method, params });
    for (const [what, body] of [
      ['a tool', call('drop_table')],
      ['a prompt', message('prompts/get', { name: 'other' })],
      ['a resource', message('resources/read', { uri: 'file:///secret' })],
      ['a subscription', message('resources/subscribe', { uri: 'file:///a/../secret' })],
      ['a completion', message('completion/complete', { ref: { type: 'ref/prompt', name: 'other' }, argument: {} })],
      [
        'the completion of a resource',
        message('completion/complete', { ref: { type: 'ref/resource', uri: 'file:///secret/{x}' } }),
      ],
      [
        'one of many subscriptions',
        message('subscriptions/listen', { notifications: { resourceSubscriptions: ['file:///a', 'file:///secret'] } }),
      ],
    ] as const) {
      it(`${what} that is not allowed is denied`, async () => {
        expect(await harness.gist(about(body))).to.deep.equal(['forbidden', 403, -32011, 7]);
      });
    }
    for (const body of [
      call('get'),
      call('undrop_x'),
      message('prompts/get', { name: 'ok' }),
      message('resources/read', { uri: 'file:///public' }),
      message('ping', { name: 'drop_table' }),
    ]) {
      it(`${JSON.stringify(body)} passes`, async () => void (await harness.allowed(about(body))));
    }
    for (const name of [undefined, 5, null, ['get'], { toString: 'get' }]) {
      it(`a name that is ${JSON.stringify(name)} is denied, because policy cannot judge it`, async () => {
        expect(await harness.gist(about(call(name)))).to.deep.equal(['bad-request', 400, -32602, 7]);
      });
    }
    it('a batch is denied if any of its messages is', async () => {
      const wrong = call('drop_table', 2);
      for (const batch of [
        [wrong, call('get')],
        [call('get'), wrong],
        [BODY, call('get'), wrong],
      ]) {
        expect(await harness.gist(about(batch))).to.deep.equal(['forbidden', 403, -32011, null]);
      }
      await harness.allowed(about([call('get', 1), call('get', 2)]));
    });
    it('a role gets more, another tenant less', async () => {
      const { settings } = harness.policy;
      const rules = [
        { backends: undefined, roles: undefined, filters: { tools: { allow: ['get_*'], deny: [] } } },
        { backends: undefined, roles: ['auditor'], filters: { tools: { allow: ['audit'], deny: [] } } },
      ];
      const tenants = settings.tenants.map((tenant) => (tenant.name === 'red' ? { ...tenant, rules } : tenant));
      harness.usePolicy({ settings: { ...settings, tenants } });
      const body = json(call('audit'));
      const as = (claims: object) => harness.requestAs({ ...claims }, { body });
      expect(await harness.gist(await as({ team: 'red' }))).to.deep.equal(['forbidden', 403, -32011, 7]);
      await harness.allowed(await as({ team: 'red', roles: ['auditor'] }));
      await harness.allowed(await as({ team: 'blue' }));
    });
  });

  describe('scopes', () => {
    const path = '/scoped/mcp';
    const asked = (scope: unknown, body: unknown = BODY) =>
      harness.requestAs({ team: 'red', scope }, { path, body: json(body) });

    it('that the backend needs are named in the challenge', async () => {
      const denial = await harness.denial(await asked('other'));
      expect([denial.reason, denial.status, denial.error.code]).to.deep.equal(['insufficient-scope', 403, -32018]);
      expect(denial.headers['www-authenticate']).to.equal(
        'Bearer error="insufficient_scope", error_description="The access token lacks the scope jira.read", ' +
          `resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/scoped/mcp", scope="mcp jira.read"`,
      );
    });
    it('that a tool needs are named together with those that the token has', async () => {
      await harness.allowed(await asked('jira.read'));
      const denial = await harness.denial(await asked('jira.read', call('delete_issue')));
      expect(denial.headers['www-authenticate']).to.match(/scope="mcp jira.read jira.write"$/);
      await harness.allowed(await asked('jira.write jira.read', call('delete_issue')));
      await harness.allowed(await asked(['jira.write', 'jira.read'], call('delete_issue')));
    });
    it('are named with the prefix of the issuer', async () => {
      const { settings } = harness.policy;
      const issuers = settings.issuers.map((issuer) => ({ ...issuer, scopePrefix: 'api://app/' }));
      harness.usePolicy({ settings: { ...settings, issuers, scopes: [] } });
      const denial = await harness.denial(await asked('jira.read', call('delete_issue')));
      expect(denial.headers['www-authenticate']).to.match(/ scope="api:\/\/app\/jira.read api:\/\/app\/jira.write"$/);
    });
  });

  describe('the server', () => {
    it('gets the identity headers that it asks for, and its credential', async () => {
      const scope = 'mcp a,b';
      const asked = await harness.requestAs(
        { team: 'red', roles: ['auditor', 'x'], sub: 'zoë, 100%', scope },
        { path: '/called/mcp' },
      );
      expect((await harness.allowed(asked)).upstreamHeaders).to.deep.equal([
        { name: 'x-mcp-subject', value: 'zo%C3%AB%2C%20100%25' },
        { name: 'x-mcp-tenant', value: 'red' },
        { name: 'x-mcp-roles', value: 'auditor' },
        { name: 'x-mcp-scopes', value: 'mcp,a%2Cb' },
        { name: 'authorization', value: 'Bearer secret' },
      ]);
      expect((await harness.allowed(harness.request())).upstreamHeaders).to.deep.equal([]);
    });
    it('that is a bridge gets the user, as an opaque name', async () => {
      const userOf = async (claims: Record<string, unknown>) => {
        const asked = await harness.requestAs({ team: 'red', ...claims }, { path: '/bridged/mcp' });
        const [header] = (await harness.allowed(asked)).upstreamHeaders;
        expect(header?.name).to.equal('x-mcp-user');
        return header?.value;
      };
      const zoe = await userOf({ sub: 'zoë' });
      expect(zoe).to.match(/^[A-Za-z0-9_-]{10,}$/);
      expect(await userOf({ sub: 'zoë', scope: 'mcp other' })).to.equal(zoe);
      expect(await userOf({ sub: 'max' })).to.not.equal(zoe);
    });
    it('gets no request if its credential is missing', async () => {
      const [reason, status] = await harness.gist(harness.request({ path: '/locked/mcp' }));
      expect([reason, status]).to.deep.equal(['unavailable', 503]);
    });
  });

  it('admission rules come last, in their order', async () => {
    const asked: string[] = [];
    harness.services = {
      ...harness.services,
      admission: [
        ({ membership, backend, message }) => {
          asked.push(`${membership.tenant.name} ${backend.name} ${message.methods.join()}`);
          return undefined;
        },
        () => Promise.resolve({ admitted: false, denial: deny('forbidden') }),
        () => {
          asked.push('never');
          return undefined;
        },
      ],
    };
    expect(await harness.gist(harness.request())).to.deep.equal(['forbidden', 403, -32011, 7]);
    expect(asked).to.deep.equal(['red a tools/list']);
  });

  it('a rule that denies or throws undoes the effects of earlier rules; one that admits does not', async () => {
    const undone: string[] = [];
    const rule = (name: string): AdmissionRule => {
      return () => ({ admitted: true, headers: { [name]: '1' }, slot: name, undo: () => void undone.push(name) });
    };
    const withLast = (last: AdmissionRule) => {
      harness.services = { ...harness.services, admission: [rule('one'), rule('two'), last] };
    };
    withLast(() => undefined);
    const { findings, responseHeaders } = await harness.verdict(harness.request());
    expect([findings.slot, responseHeaders]).to.deep.equal(['two', { one: '1', two: '1' }]);
    expect(undone).to.deep.equal([]);
    withLast(() => Promise.resolve({ admitted: false, denial: deny('quota') }));
    const denied = await harness.verdict(harness.request());
    expect([denied.outcome.kind, denied.findings.slot]).to.deep.equal(['deny', undefined]);
    expect(undone.splice(0)).to.deep.equal(['one', 'two']);
    withLast(() => Promise.reject(new Error('broken')));
    expect(await harness.verdict(harness.request()).catch(String)).to.equal('Error: broken');
    expect(undone).to.deep.equal(['one', 'two']);
  });
});
