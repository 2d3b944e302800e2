import { expect } from 'chai';
import { decisionRecord } from '../../core/decision/audit.ts';
import type { RequestTrace } from '../../core/decision/decision.ts';
import { DENIALS } from '../../core/mcp/denial.ts';
import type { HttpRequest } from '../../ext-authz/check/request.ts';
import { decisionOf } from '../../ext-authz/decision.ts';
import { CheckHarness, json } from './check/harness.ts';
import { policyBackend } from './policy.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TRACED: RequestTrace = {
  requestId: 'request-1',
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  client: '192.0.2.1',
};
const UNTRACED: RequestTrace = { ...TRACED, traceparent: undefined };
const call = (name: string) => ({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name } });

describe('ext-authz/decision, in the audit log', () => {
  let harness: CheckHarness;

  beforeEach(async () => {
    harness = await CheckHarness.start([
      policyBackend('a', { filters: { tools: { allow: undefined, deny: ['drop'] } } }),
    ]);
  });
  afterEach(() => harness.stop());

  const recordOf = async (request: HttpRequest, setting: 'all' | 'denied' | 'none' = 'all', trace = UNTRACED) => {
    const decision = decisionOf({ request, trace, callerOnly: false }, await harness.verdict(request), 1);
    return decision === undefined ? undefined : decisionRecord(decision, setting);
  };

  it('names the user, the request and the session', async () => {
    const sealed = harness.seal();
    const claims = { team: 'red', roles: ['auditor'] };
    const asked = await harness.requestAs(claims, { body: json(call('get')) }, { 'mcp-session-id': sealed });
    const fingerprint = harness.services.sessions.open(sealed)?.ref.fingerprint;
    expect(await recordOf(asked, 'all', TRACED)).to.deep.equal({
      decision: 'allow',
      lane: 'session-guarded',
      requestId: 'request-1',
      traceId: TRACE,
      client: '192.0.2.1',
      issuer: harness.issuer.url,
      subject: 'alice',
      principal: (await harness.verdict(asked)).findings.identity?.principal.toString('hex'),
      tenant: 'red',
      roles: ['auditor'],
      backend: 'a',
      httpMethod: 'POST',
      methods: ['tools/call'],
      tools: ['get'],
      session: fingerprint,
    });
  });

  it('names the reason of a denial', async () => {
    const asked = harness.request({ body: json(call('drop')) });
    expect(await recordOf(asked)).to.include({
      decision: 'deny',
      reason: 'forbidden',
      status: 403,
      message: (await harness.denial(asked)).error.message,
      subject: 'alice',
    });
    expect(await recordOf(harness.request({}, { authorization: undefined }))).to.deep.equal({
      decision: 'deny',
      reason: 'unauthenticated',
      status: 401,
      message: DENIALS.unauthenticated.message,
      requestId: 'request-1',
      client: '192.0.2.1',
      backend: 'a',
      httpMethod: 'POST',
    });
  });

  it('contains no token, no id of a session and no password, wherever they are', async () => {
    const sealed = harness.seal();
    const uri = 'postgres://user:hunter2@db/x?password=hunter2#hunter2';
    const body = json({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri } });
    for (const headers of [
      { 'mcp-session-id': sealed },
      { authorization: `Bearer ${harness.token}x` },
      { authorization: undefined },
    ]) {
      const line = JSON.stringify(
        await recordOf(harness.request({ body, path: `/a/mcp?token=${harness.token}` }, headers)),
      );
      for (const secret of [harness.token, harness.token.split('.')[2] ?? '', sealed, 'theirs', 'hunter2']) {
        expect(line).to.not.include(secret);
      }
    }
    expect((await recordOf(harness.request({ body })))?.resources).to.deep.equal(['postgres://db/x']);
  });

  it('stays short whatever a client sends', async () => {
    const body = json(Array.from({ length: 500 }, (_, index) => call(`${index}${'x'.repeat(2_100)}`)));
    const trace = { ...TRACED, requestId: 'i'.repeat(5_000), traceparent: 'x'.repeat(5_000) };
    const record = await recordOf(harness.request({ body }), 'all', trace);
    expect(record?.decision).to.equal('deny');
    expect(JSON.stringify(record).length).to.be.below(15_000);
    expect(record).to.not.have.property('traceId');
  });

  it('is written according to the setting, and never for a preflight', async () => {
    const [good, bad] = [harness.request(), harness.request({ method: 'PUT' })];
    expect(await recordOf(good, 'denied')).to.equal(undefined);
    expect(await recordOf(bad, 'denied')).to.include({ decision: 'deny', reason: 'method-not-allowed' });
    expect(await recordOf(bad, 'none')).to.equal(undefined);
    const preflight = harness.request(
      { method: 'OPTIONS' },
      { origin: 'http://localhost:1', 'access-control-request-method': 'POST' },
    );
    expect(await recordOf(preflight)).to.equal(undefined);
  });
});
