import { expect } from 'chai';
import fc from 'fast-check';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { hashPrincipal } from '../../../core/identity/principal.ts';
import { pickInputs } from '../../../core/lane/inputs.ts';
import { sealSession } from '../../../core/session/seal.ts';
import { type CheckServices, check } from '../../../ext-authz/check/check.ts';
import { SessionOpener } from '../../../ext-authz/check/session-opener.ts';
import type { Verdict } from '../../../ext-authz/check/verdict.ts';
import { encodeVerdict } from '../../../ext-authz/encode.ts';
import { TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { authorizationService } from '../../../protos/load.ts';
import { keysOf } from '../../core/session/arbitrary.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from '../policy.ts';

const KEYS = keysOf(1);

/** A token of these tests, and at which backends it is good for which tenant. */
interface Sample {
  token: string;
  tenant: 'red' | 'blue' | undefined;
  backends: readonly string[];
}

/** Method, path, Host and body. */
type Asked = [string, string, string, Buffer];
type Headers = Record<string, string | undefined>;
type Example = [[Asked, Headers], number, string | undefined];

describe('ext-authz/check, fuzzed', function () {
  this.timeout(120_000);
  let issuer: LocalIssuer;
  let services: CheckServices;
  let samples: Sample[];
  let sealed: { id: string; subject: string; tenant: string; backend: string }[];

  before(async () => {
    issuer = await startIssuer();
    const policy = policyOf(issuer.url, [
      policyBackend('a'),
      policyBackend('b'),
      policyBackend('c', { affinity: 'none' }),
    ]);
    const now = () => NOW_SECONDS * 1000;
    const verifier = new TokenVerifier({ issuers: policy.settings.issuers, log: capturedLog().log, now });
    services = { policy, verifier, sessions: new SessionOpener(KEYS), admission: [], now };
    const foreign = await issuer.newKey('first');
    const sign = (claims: Record<string, unknown>) => issuer.sign({ aud: PUBLIC_URL, team: 'red', ...claims });
    const bad = (token: string): Sample => ({ token, tenant: undefined, backends: [] });
    samples = [
      { token: await sign({}), tenant: 'red', backends: ['a', 'b', 'c'] },
      { token: await sign({ sub: 'bob' }), tenant: 'red', backends: ['a', 'b', 'c'] },
      { token: await sign({ aud: `${PUBLIC_URL}/b/mcp` }), tenant: 'red', backends: ['b'] },
      { token: await sign({ team: 'blue' }), tenant: 'blue', backends: ['a'] },
      bad(await sign({ team: 'green' })),
      bad(await sign({ aud: 'https://other.example' })),
      bad(await sign({ exp: NOW_SECONDS - 3600 })),
      bad(await sign({ nbf: NOW_SECONDS + 3600 })),
      bad(await sign({ iss: `${issuer.url}/` })),
      bad(await issuer.sign({ aud: PUBLIC_URL, team: 'red' }, {}, foreign)),
      bad(
        new UnsecuredJWT({
          iss: issuer.url,
          sub: 'alice',
          aud: PUBLIC_URL,
          team: 'red',
          exp: NOW_SECONDS + 9,
        }).encode(),
      ),
    ];
    sealed = ['alice', 'bob'].flatMap((subject) =>
      ['red', 'blue'].flatMap((tenant) =>
        ['a', 'b', 'c'].map((backend) => {
          const principal = hashPrincipal(issuer.url, subject);
          const place = {
            endpoint: `${backend}-0`,
            incarnation: 'one',
            serverSessionId: 's',
            issuedAtSeconds: NOW_SECONDS,
          };
          return { id: sealSession({ backend, tenant, principal, ...place }, KEYS), subject, tenant, backend };
        }),
      ),
    );
  });

  after(() => issuer.close());

  const service = authorizationService().Check;

  /** Encodes as it goes over the wire and back: what Envoy would read. */
  function overTheWire(verdict: Verdict) {
    return service.responseDeserialize(service.responseSerialize(encodeVerdict(verdict)));
  }

  /** A text as it is, or with one character changed. */
  const mutated = (text: string): fc.Arbitrary<string> =>
    fc
      .tuple(fc.nat(Math.max(0, text.length - 1)), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(([at, other]) => text.slice(0, at) + other + text.slice(at + 1));

  const anyText = fc.string({ unit: 'binary', maxLength: 40 });
  const hosts = fc.oneof({ weight: 6, arbitrary: fc.constant('localhost:8080') }, fc.domain(), anyText);
  const paths = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('/a/mcp', '/b/mcp', '/c/mcp', '/a/mcp?x=1', '/d/mcp', '/a/sse', '/', '/__proto__/mcp'),
    },
    fc.webPath(),
    anyText,
  );
  const methods = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('POST', 'GET', 'DELETE') },
    fc.constantFrom('PUT', 'HEAD', ''),
    anyText,
  );
  const messages = fc.record(
    {
      jsonrpc: fc.constantFrom<unknown>('2.0', '1.0'),
      id: fc.oneof(fc.integer(), anyText, fc.double(), fc.constant(null), fc.jsonValue()),
      method: fc.oneof(fc.constantFrom<unknown>('initialize', 'tools/call', 'ping', 'server/discover'), fc.jsonValue()),
      params: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const usual = ['initialize', 'ping'].map((method) =>
    Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} })),
  );
  const bodies = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...usual) },
    { weight: 5, arbitrary: messages.map((value) => Buffer.from(JSON.stringify(value))) },
    fc.array(messages, { maxLength: 3 }).map((value) => Buffer.from(JSON.stringify(value))),
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );
  const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
  const otherHeaders = fc.record({
    'content-type': option(fc.oneof({ weight: 8, arbitrary: fc.constant('application/json') }, anyText)),
    'mcp-protocol-version': option(fc.oneof(fc.constantFrom('2025-11-25', '2026-07-28'), anyText)),
    'mcp-method': option(fc.oneof(fc.constantFrom('ping', 'initialize'), anyText)),
    'mcp-name': option(anyText),
    origin: option(fc.oneof(fc.constantFrom('http://localhost:1', 'http://evil.example'), anyText)),
  });

  async function ask([method, path, host, body]: Asked, headers: Headers): Promise<Verdict> {
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const verdict = await check({ method, path, host, body, ...pickInputs(Object.fromEntries(given)) }, services);
    const answer = overTheWire(verdict);
    expect(answer.httpResponse).to.equal(verdict.outcome.kind === 'allow' ? 'okResponse' : 'deniedResponse');
    expect(answer.status?.code ?? 0).to.equal(verdict.outcome.kind === 'allow' ? 0 : 7);
    if (answer.deniedResponse !== undefined && answer.deniedResponse !== null) {
      const reply = JSON.parse(answer.deniedResponse.body ?? '') as { jsonrpc: unknown; error: { code: unknown } };
      expect(reply.jsonrpc).to.equal('2.0');
      expect(reply.error.code).to.be.a('number');
    }
    return verdict;
  }

  const line = fc.tuple(methods, paths, hosts, bodies);
  // Half of the requests could pass, else the others would prove little.
  const soundLine = fc.tuple(
    fc.constantFrom('POST', 'GET', 'DELETE'),
    fc.constantFrom('/a/mcp', '/b/mcp', '/c/mcp?x=1'),
    fc.constant('localhost:1'),
    fc.constantFrom(...usual),
  );
  const soundHeaders = fc.constant<Headers>({ 'content-type': 'application/json' });
  const requests: fc.Arbitrary<[Asked, Headers]> = fc.oneof(
    fc.tuple(line, otherHeaders),
    fc.tuple(soundLine, soundHeaders),
  );

  it('never throws and never lets anything pass without a token', async () => {
    const schemes = option(
      fc.oneof(
        anyText,
        fc.tuple(fc.constantFrom('Bearer ', 'bearer', 'Basic '), anyText).map((parts) => parts.join('')),
      ),
    );
    await fc.assert(
      fc.asyncProperty(requests, schemes, option(anyText), async ([asked, headers], authorization, session) => {
        const { outcome } = await ask(asked, { ...headers, authorization, 'mcp-session-id': session });
        expect(outcome.kind).to.equal('deny');
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets nothing pass with a token that was altered', async () => {
    const altered = fc.nat().chain((at) => {
      const { token } = samples[at % samples.length] ?? { token: '' };
      return mutated(token).filter((text) => text !== token);
    });
    await fc.assert(
      fc.asyncProperty(requests, altered, async ([asked, headers], token) => {
        const { outcome } = await ask(asked, { ...headers, authorization: `Bearer ${token}` });
        // Only spaces before the token change nothing.
        if (samples.some((sample) => sample.token === token.trim())) return;
        expect(outcome.kind).to.equal('deny');
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets a token pass only as its own tenant, where it may go, into its own sessions', async () => {
    const sessions = option(
      fc.oneof(
        { weight: 4, arbitrary: fc.nat().map((at) => sealed[at % sealed.length]?.id ?? '') },
        fc.nat().chain((at) => mutated(sealed[at % sealed.length]?.id ?? '')),
      ),
    );
    const seen = new Set<string>();
    const example = (method: string, message: Buffer | undefined, session?: string): Example => {
      const asked: Asked = [method, '/a/mcp', 'localhost:1', message ?? Buffer.alloc(0)];
      return [[asked, { 'content-type': 'application/json' }], 0, session];
    };
    const [initialize, ping] = usual;
    const examples = [
      example('POST', initialize),
      example('POST', ping),
      example('POST', ping, sealed[0]?.id),
      example('DELETE', undefined, sealed[0]?.id),
    ];
    await fc.assert(
      fc.asyncProperty(requests, fc.nat(), sessions, async ([asked, headers], at, session) => {
        const sample = samples[at % samples.length];
        if (sample === undefined) throw new Error('no sample');
        const verdict = await ask(asked, {
          ...headers,
          authorization: `Bearer ${sample.token}`,
          'mcp-session-id': session,
        });
        const { outcome, findings } = verdict;
        if (outcome.kind !== 'allow') return;
        seen.add(outcome.lane);
        expect(sample.backends).to.include(outcome.backend);
        expect(findings.membership?.tenant.name).to.equal(sample.tenant);
        expect(asked[1]).to.match(new RegExp(`^/${outcome.backend}/mcp(\\?|$)`));
        if (outcome.session === undefined) {
          expect(outcome.pin).to.equal(undefined);
          return;
        }
        const own = sealed.find(({ id }) => id === outcome.session?.sealed);
        expect(own?.subject).to.equal(decodeJwt(sample.token).sub);
        expect([own?.tenant, own?.backend]).to.deep.equal([sample.tenant, outcome.backend]);
      }),
      { numRuns: 4_000, examples },
    );
    // The examples at least: the test would mean little if nothing ever passed.
    expect([...seen].sort()).to.deep.equal(['close', 'open', 'session', 'stateless']);
  });

  it('answers Envoy in sound protobuf whatever the id is', async () => {
    const token = samples[0]?.token;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }), async (units) => {
        const id = String.fromCharCode(...units);
        const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }));
        const verdict = await ask(['POST', '/a/mcp', 'localhost:1', body], {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        });
        expect(verdict.outcome.kind).to.equal('allow');
        const bytes = service.responseSerialize(encodeVerdict(verdict));
        const wanted = Buffer.from(id.toWellFormed());
        expect(bytes.includes(wanted)).to.equal(true);
      }),
    );
  });
});
