import { expect } from 'chai';
import fc from 'fast-check';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { hashPrincipal } from '../../../core/identity/principal.ts';
import { pickInputs } from '../../../core/lane/inputs.ts';
import { sealSession } from '../../../core/session/seal.ts';
import { type CheckServices, check } from '../../../ext-authz/check/check.ts';
import { SessionOpener } from '../../../ext-authz/check/session-opener.ts';
import { upstreamHeaders } from '../../../ext-authz/check/upstream.ts';
import type { Verdict } from '../../../ext-authz/check/verdict.ts';
import { encodeVerdict } from '../../../ext-authz/encode.ts';
import { TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { authorizationService } from '../../../protos/load.ts';
import { keysOf } from '../../core/session/arbitrary.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from '../policy.ts';
import { type Asked, anyText, type Headers, mutated, option, requests, usual } from './arbitrary.ts';

const KEYS = keysOf(1);

/** A token of these tests, its tenant, and the backends that it may use. */
interface Sample {
  token: string;
  tenant: 'red' | 'blue' | undefined;
  backends: readonly string[];
}

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
    services = {
      policy,
      verifier,
      sessions: new SessionOpener(KEYS),
      upstream: upstreamHeaders,
      admission: [],
      now,
      isAbandoned: () => false,
    };
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
            serial: Buffer.alloc(8),
          };
          return { id: sealSession({ backend, tenant, principal, ...place }, KEYS), subject, tenant, backend };
        }),
      ),
    );
  });

  after(() => issuer.close());

  const service = authorizationService().Check;

  /** Encodes a verdict and decodes it again, as Envoy does. */
  function overTheWire(verdict: Verdict) {
    return service.responseDeserialize(service.responseSerialize(encodeVerdict(verdict)));
  }

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

  it('never throws, and never allows a request without a token', async () => {
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

  it('never allows a request with an altered token', async () => {
    const altered = fc.nat().chain((at) => {
      const { token } = samples[at % samples.length] ?? { token: '' };
      return mutated(token).filter((text) => text !== token);
    });
    await fc.assert(
      fc.asyncProperty(requests, altered, async ([asked, headers], token) => {
        const { outcome } = await ask(asked, { ...headers, authorization: `Bearer ${token}` });
        // Spaces before the token are allowed.
        if (samples.some((sample) => sample.token === token.trim())) return;
        expect(outcome.kind).to.equal('deny');
      }),
      { numRuns: 1_000 },
    );
  });

  it('allows a token only for its own tenant, backends and sessions', async () => {
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
    // The examples pass at least, or the test would be trivially true.
    expect([...seen].sort()).to.deep.equal(['close', 'open', 'session', 'stateless']);
  });

  it('answers Envoy in valid protobuf whatever the id is', async () => {
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
