import { expect } from 'chai';
import type { SessionRecord } from '../../core/decision/audit.ts';
import { ownerOf } from '../../core/session/ended-record.ts';
import { openSession } from '../../core/session/seal.ts';
import { SERIAL_BYTES, type Session, sessionFingerprint } from '../../core/session/session.ts';
import { addExternalProcessor } from '../../ext-proc/service.ts';
import type { ResponseServices } from '../../ext-proc/services.ts';
import type { ExternalProcessorClient } from '../../protos/gen/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { ProcessingRequest } from '../../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorClient } from '../../protos/load.ts';
import { RepeatedWarnings } from '../../runtime/repeated-warnings.ts';
import { keysOf } from '../core/session/arbitrary.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';
import { policyBackend, policyOf } from '../ext-authz/policy.ts';
import { clientOn, serveAnywhere } from '../runtime/grpc/socket.ts';
import { Messages } from '../runtime/grpc/stream.ts';

const KEYS = keysOf(1);
const PIN = Buffer.from('127.0.0.1:9000').toString('base64');
const PRINCIPAL = Buffer.alloc(16, 7);
const OPEN = { backend: 'a', tenant: 'red', principal: PRINCIPAL.toString('hex'), id: 1 };
const SESSION: Omit<Session, 'serial'> = {
  backend: 'a',
  tenant: 'red',
  principal: PRINCIPAL,
  endpoint: 'a-0',
  incarnation: 'one',
  serverSessionId: 'theirs',
  issuedAtSeconds: 1_700_000_000,
};
const { id: _, ...OWNER } = OPEN;
const CLOSE = { ...OWNER, fingerprint: 'f'.repeat(32), issued: 1_700_000_000, expires: 1_800_000_000 };
/** What {@link CLOSE} ends. */
const ENDED = {
  ...{ fingerprint: CLOSE.fingerprint, owner: ownerOf(SESSION) },
  ...{ issuedAtSeconds: CLOSE.issued, forgetAtSeconds: CLOSE.expires },
};

function question(metadata: Record<string, string | number>, headers: Record<string, string>): ProcessingRequest {
  const fields = Object.entries(metadata).map(([name, value]) => [
    name,
    typeof value === 'number' ? { numberValue: value } : { stringValue: value },
  ]);
  return {
    responseHeaders: {
      headers: { headers: Object.entries(headers).map(([key, value]) => ({ key, rawValue: Buffer.from(value) })) },
    },
    metadataContext: { filterMetadata: { 'envoy.filters.http.ext_authz': { fields: Object.fromEntries(fields) } } },
  };
}

describe('ext-proc/service', () => {
  let client: ExternalProcessorClient;
  let services: ResponseServices;
  let messages: string[];
  let audited: SessionRecord[];
  let useAudit: (audit: 'all' | 'denied' | 'none') => void;
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    const captured = capturedLog();
    messages = captured.messages;
    audited = [];
    let policy = policyOf('https://i.example', [policyBackend('a')]);
    useAudit = (audit) => {
      policy = { ...policy, settings: { ...policy.settings, audit } };
    };
    services = {
      policy: () => policy,
      keys: () => KEYS,
      endSession: () => Promise.resolve(),
      leaveTombstone: () => Promise.resolve(),
      audit: (record) => audited.push(record),
      log: captured.log,
      warnings: new RepeatedWarnings(captured.log),
      now: () => 1_700_000_000_999,
    };
    const current: ResponseServices = {
      ...services,
      endSession: (...args) => services.endSession(...args),
      leaveTombstone: (...args) => services.leaveTombstone(...args),
    };
    const server = await serveAnywhere((grpc) => addExternalProcessor(grpc, current));
    client = clientOn(server.socket, externalProcessorClient());
    stops.push(
      () => client.close(),
      () => server.stop(0),
    );
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  const open = () => new Messages(client.Process());

  async function ask(asked: ProcessingRequest): Promise<ProcessingResponse__Output> {
    const stream = open();
    stream.stream.write(asked);
    const answer = await stream.next();
    stream.stream.end();
    expect(await stream.ended).to.equal(0);
    return answer;
  }

  function mutation(answer: ProcessingResponse__Output) {
    const { setHeaders, removeHeaders } = answer.responseHeaders?.response?.headerMutation ?? {};
    const set = (setHeaders ?? []).map(({ header, appendAction }) => [
      header?.key,
      header?.rawValue?.toString('utf8'),
      appendAction,
    ]);
    return { set, removeHeaders };
  }

  it("replaces the server's session id by a sealed one", async () => {
    const { set, removeHeaders } = mutation(
      await ask(question(OPEN, { ':status': '200', 'mcp-session-id': 'theirs', 'x-mcp-pin': PIN })),
    );
    expect(removeHeaders).to.deep.equal(['x-mcp-pin']);
    const [[name, sealed = '', action] = []] = set;
    expect([name, action]).to.deep.equal(['mcp-session-id', 'OVERWRITE_IF_EXISTS_OR_ADD']);
    const { serial, ...session } = openSession(sealed, KEYS) ?? {};
    expect(session).to.deep.equal(SESSION);
    expect(serial).to.have.lengthOf(SERIAL_BYTES);
  });

  it('passes other responses on without the pin', async () => {
    const answer = await ask(question(OPEN, { ':status': '400', 'x-mcp-pin': PIN }));
    expect(mutation(answer)).to.deep.equal({ set: [], removeHeaders: ['x-mcp-pin', 'mcp-session-id'] });
  });

  it('passes on a reply of Envoy to a request that ext-authz did not get', async () => {
    expect(mutation(await ask(question({}, { ':status': '400' }))).set).to.deep.equal([]);
    expect(messages).to.deep.equal([]);
  });

  it('answers a DELETE only after the session has ended in every process', async () => {
    const ended: unknown[] = [];
    let release = () => {};
    services.endSession = (...args) => {
      ended.push(args);
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    const stream = open();
    stream.stream.write(question(CLOSE, { ':status': '200' }));
    // A second stream is answered in the meantime. Without the wait, the first one would have been answered by then.
    await ask(question(OPEN, { ':status': '400' }));
    expect(ended).to.deep.equal([[ENDED]]);
    expect(stream.unread).to.equal(0);
    release();
    expect(mutation(await stream.next())).to.deep.equal({ set: [], removeHeaders: ['x-mcp-pin'] });
    stream.stream.end();
  });

  it('answers after Envoy has ended its side of the stream', async () => {
    let release = () => {};
    services.endSession = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const stream = open();
    stream.stream.write(question(CLOSE, { ':status': '200' }));
    stream.stream.end();
    await ask(question(OPEN, { ':status': '400' }));
    release();
    expect((await stream.next()).response).to.equal('responseHeaders');
    expect(await stream.ended).to.equal(0);
  });

  it('leaves a tombstone for other gateways, under the tenant of the session', async () => {
    const left: unknown[] = [];
    services.leaveTombstone = (...of) => {
      left.push(of);
      return Promise.resolve();
    };
    await ask(question(CLOSE, { ':status': '404' }));
    await ask(question(CLOSE, { ':status': '200' }));
    expect(left).to.deep.equal([['red', ENDED]]);
  });

  it('passes a DELETE on if the watcher cannot record it, and logs that', async () => {
    services.endSession = () => Promise.reject(new Error('the watcher is unreachable'));
    expect((await ask(question(CLOSE, { ':status': '204' }))).response).to.equal('responseHeaders');
    expect(messages).to.have.length(1);
  });

  it('does not end a session that the server did not end', async () => {
    services.endSession = () => Promise.reject(new Error('must not be asked'));
    await ask(question(CLOSE, { ':status': '404' }));
    expect(messages).to.deep.equal([]);
  });

  for (const [name, asked] of [
    ['with an unknown endpoint', question(OPEN, { ':status': '200', 'mcp-session-id': 'x', 'x-mcp-pin': 'x' })],
    ['without metadata', question({}, { ':status': '200', 'mcp-session-id': 'x' })],
    ['with half of the metadata', question({ backend: 'a' }, { ':status': '200', 'mcp-session-id': 'x' })],
    [
      'with an invalid principal',
      question({ ...OPEN, principal: 'ff' }, { ':status': '200', 'mcp-session-id': 'x', 'x-mcp-pin': PIN }),
    ],
    ['after an unexpected message', { requestHeaders: {} }],
  ] as const) {
    it(`answers 503 for a session ${name}`, async () => {
      const { immediateResponse } = await ask(asked);
      expect(immediateResponse?.status?.code).to.equal('ServiceUnavailable');
      expect(immediateResponse?.headers?.removeHeaders).to.deep.equal(['mcp-session-id']);
      const body = JSON.parse(immediateResponse?.body?.toString('utf8') ?? '') as { error: { code: number } };
      expect(body.error.code).to.equal(-32014);
      expect(messages).to.have.length(1);
    });
  }

  describe('the audit log', () => {
    const about = { backend: 'a', tenant: 'red', principal: PRINCIPAL.toString('hex') };
    const opening = question(OPEN, { ':status': '200', 'mcp-session-id': 'theirs', 'x-mcp-pin': PIN });

    it('has a line when a session is opened and when it is ended, with the same fingerprint', async () => {
      const [[, sealed = ''] = []] = mutation(await ask(opening)).set;
      const session = openSession(sealed, KEYS);
      if (session === undefined) throw new Error('not sealed');
      const fingerprint = sessionFingerprint(session);
      await ask(question({ ...CLOSE, fingerprint }, { ':status': '200' }));
      expect(audited).to.deep.equal([
        { event: 'session-opened', ...about, session: fingerprint },
        { event: 'session-ended', ...about, session: fingerprint },
      ]);
    });

    it('has no line for other responses', async () => {
      await ask(question(OPEN, { ':status': '200' }));
      await ask(question(OPEN, { ':status': '200', 'mcp-session-id': 'theirs' }));
      await ask(question(CLOSE, { ':status': '404' }));
      expect(audited).to.deep.equal([]);
    });

    for (const wanted of ['denied', 'none'] as const) {
      it(`has no line if the setting is ${wanted}`, async () => {
        useAudit(wanted);
        await ask(opening);
        await ask(question(CLOSE, { ':status': '200' }));
        expect(audited).to.deep.equal([]);
      });
    }
  });

  it('survives a canceled stream', async () => {
    const stream = open();
    stream.stream.write(question(CLOSE, { ':status': '200' }));
    stream.stream.cancel();
    await stream.ended;
    expect((await ask(question(OPEN, { ':status': '200' }))).response).to.equal('responseHeaders');
  });
});
