import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Decision } from '../../core/decision/decision.ts';
import { DENIALS } from '../../core/mcp/denial.ts';
import type { CheckServices } from '../../ext-authz/check/check.ts';
import { SessionOpener } from '../../ext-authz/check/session-opener.ts';
import { upstreamHeaders } from '../../ext-authz/check/upstream.ts';
import { TokenVerifier } from '../../ext-authz/identity/verify.ts';
import { addAuthorization } from '../../ext-authz/service.ts';
import type { CheckRequest } from '../../protos/gen/envoy/service/auth/v3/CheckRequest.ts';
import type { CheckResponse__Output } from '../../protos/gen/envoy/service/auth/v3/CheckResponse.ts';
import { authorizationClient } from '../../protos/load.ts';
import { keysOf } from '../core/session/arbitrary.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { clientOn, serveAnywhere } from '../runtime/grpc/socket.ts';
import { capturedLog } from './captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from './local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from './policy.ts';

describe('ext-authz/service', () => {
  let issuer: LocalIssuer;
  let services: () => Omit<CheckServices, 'isAbandoned'>;
  let messages: string[];
  let decisions: Decision[];
  let clockMs = 0;
  let ask: (question: CheckRequest, deadlineMs?: number) => Promise<CheckResponse__Output>;
  let charged: number;
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    issuer = await startIssuer();
    const policy = policyOf(issuer.url, [policyBackend('a')]);
    const now = () => NOW_SECONDS * 1000;
    const { log, messages: lines } = capturedLog();
    messages = lines;
    decisions = [];
    charged = 0;
    const verifier = new TokenVerifier({ issuers: policy.settings.issuers, log, now });
    const real = {
      policy,
      verifier,
      sessions: new SessionOpener(keysOf(1)),
      upstream: upstreamHeaders,
      admission: [],
      now,
    };
    services = () => real;
    const server = await serveAnywhere((grpc) =>
      addAuthorization(grpc, {
        services: () => services(),
        sink: (decision) => void decisions.push(decision),
        nowMs: () => clockMs++,
        onAbandoned: () => undefined,
        log,
      }),
    );
    const client = clientOn(server.socket, authorizationClient());
    const check = promisify(
      client.Check.bind(client) as (
        q: CheckRequest,
        options: { deadline: number },
        done: (e: Error | null, r?: CheckResponse__Output) => void,
      ) => void,
    );
    ask = async (question, deadlineMs = 30_000) => {
      const response = await check(question, { deadline: Date.now() + deadlineMs });
      if (response === undefined) throw new Error('no answer');
      return response;
    };
    stops.push(
      () => client.close(),
      () => server.stop(0),
      () => issuer.close(),
    );
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  const question = (
    authorization: string | undefined,
    body = '{"jsonrpc":"2.0","id":7,"method":"ping"}',
    headers: Record<string, string> = {},
  ): CheckRequest => ({
    attributes: {
      request: {
        http: {
          method: 'POST',
          path: '/a/mcp',
          host: '127.0.0.1:8080',
          headers: {
            'content-type': 'application/json',
            ...(authorization === undefined ? {} : { authorization }),
            ...headers,
          },
          rawBody: Buffer.from(body),
        },
      },
    },
  });

  const headersOf = (options: { header?: { key?: string; value?: string } | null }[] = []) =>
    Object.fromEntries(options.map(({ header }) => [header?.key, header?.value]));

  it('answers an allowed request with its lane, and removes the token', async () => {
    const token = await issuer.sign({ aud: PUBLIC_URL, team: 'red' });
    const body = '{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}';
    const { status, okResponse, dynamicMetadata } = await ask(question(`Bearer ${token}`, body));
    expect(status?.code ?? 0).to.equal(0);
    expect(headersOf(okResponse?.headers)).to.deep.equal({
      'x-mcp-lane': 'open',
      'x-mcp-backend': 'backend/a',
      ':path': '/mcp',
    });
    expect(okResponse?.headersToRemove).to.deep.equal(['authorization', 'mcp-session-id']);
    const fields = Object.entries(dynamicMetadata?.fields ?? {}).map(([name, value]) => [
      name,
      value.stringValue ?? value.numberValue,
    ]);
    expect(Object.fromEntries(fields)).to.deep.include({ id: 7, backend: 'a', tenant: 'red' });
    expect(Object.keys(Object.fromEntries(fields)).sort()).to.deep.equal(['backend', 'id', 'principal', 'tenant']);
  });

  it('answers a denied request with status, headers and a JSON-RPC error', async () => {
    const { status, deniedResponse, httpResponse } = await ask(question(undefined));
    expect([status?.code, httpResponse]).to.deep.equal([7, 'deniedResponse']);
    expect(deniedResponse?.status?.code).to.equal('Unauthorized');
    expect(headersOf(deniedResponse?.headers)['content-type']).to.equal('application/json');
    expect(JSON.parse(deniedResponse?.body ?? '')).to.deep.equal({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32010, message: DENIALS.unauthenticated.message },
    });
  });

  it('denies an empty request', async () => {
    expect((await ask({})).httpResponse).to.equal('deniedResponse');
  });

  it('denies a request if the check throws, logs and records that, and continues', async () => {
    const before = services;
    const fail = () => {
      throw new Error('a bug of ours');
    };
    services = () => ({ ...before(), admission: [fail] });
    const token = await issuer.sign({ aud: PUBLIC_URL, team: 'red' });
    const { deniedResponse } = await ask(question(`Bearer ${token}`));
    expect(deniedResponse?.status?.code).to.equal('ServiceUnavailable');
    expect(deniedResponse?.body).not.to.contain('bug');
    expect(messages.at(-1)).to.equal('check failed: a bug of ours');
    expect(decisions.map(({ outcome, durationMs }) => [outcome.kind, durationMs])).to.deep.equal([['deny', 1]]);
    services = before;
    expect((await ask(question(`Bearer ${token}`))).httpResponse).to.equal('okResponse');
  });

  describe('a call that Envoy repeats', () => {
    let release: () => void;
    let reached: Promise<void>;

    /** Checks wait for the credential of the server until they are released; then they are charged. */
    beforeEach(() => {
      const before = services;
      const { promise: credential, resolve } = Promise.withResolvers<void>();
      const waiting = Promise.withResolvers<void>();
      release = resolve;
      reached = waiting.promise;
      services = () => ({
        ...before(),
        upstream: async () => {
          waiting.resolve();
          await credential;
          return [];
        },
        admission: [
          () => {
            charged += 1;
            return { admitted: true, headers: {} };
          },
        ],
      });
    });
    const repeated = async () => {
      const token = await issuer.sign({ aud: PUBLIC_URL, team: 'red' });
      return question(`Bearer ${token}`, undefined, { 'x-request-id': 'one' });
    };
    const reasons = () => decisions.map(({ outcome }) => (outcome.kind === 'deny' ? outcome.reason : 'allow'));

    it('is checked, charged and recorded once, while it is under way and after it', async () => {
      const same = await repeated();
      const both = [ask(same), ask(same)];
      await reached;
      release();
      const [first, second] = await Promise.all(both);
      expect(first?.httpResponse).to.equal('okResponse');
      expect(second).to.deep.equal(first);
      expect(await ask(same)).to.deep.equal(first);
      expect([charged, reasons()]).to.deep.equal([1, ['allow']]);
    });

    it('continues if the first call is cancelled', async () => {
      const same = await repeated();
      const first = ask(same, 300).catch(({ code }: { code: number }) => code);
      await reached;
      const second = ask(same);
      expect(await first).to.equal(4);
      release();
      expect((await second).httpResponse).to.equal('okResponse');
      expect([charged, reasons()]).to.deep.equal([1, ['allow']]);
    });

    it('is not charged if Envoy no longer waits for it', async () => {
      const same = await repeated();
      const first = ask(same, 300).catch(({ code }: { code: number }) => code);
      await reached;
      expect(await first).to.equal(4);
      // The answer to a later call on the same connection: the process has read that the first one is cancelled.
      await ask(question(undefined));
      decisions.length = 0;
      release();
      await eventually(reasons, ({ length }) => length > 0);
      expect([charged, reasons()]).to.deep.equal([0, ['abandoned']]);
    });
  });

  it('answers with a status that is not in the enum of Envoy', async () => {
    const token = await issuer.sign({ aud: PUBLIC_URL, team: 'red' });
    const wrongType = question(`Bearer ${token}`);
    const http = wrongType.attributes?.request?.http;
    const answer = await ask({ attributes: { request: { http: { ...http, path: '/a/sse' } } } });
    expect(String(answer.deniedResponse?.status?.code)).to.match(/^(410|Gone)$/);
  });
});
