import { expect } from 'chai';
import { MAX_SERVER_SESSION_ID_LENGTH } from '../../core/session/seal.ts';
import { Exchange } from '../../ext-proc/exchange.ts';
import { Budget } from '../../ext-proc/filter/budget.ts';
import { Turns } from '../../ext-proc/filter/turns.ts';
import type { ResponseServices } from '../../ext-proc/services.ts';
import { SharedTombstones } from '../../ext-proc/tombstones.ts';
import type { ProcessingRequest__Output } from '../../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { Logger } from '../../runtime/log.ts';
import { RepeatedWarnings } from '../../runtime/repeated-warnings.ts';
import { endedOf, keysOf } from '../core/session/arbitrary.ts';
import { capturedLog, type LogLine } from '../ext-authz/captured-log.ts';
import { policyBackend, policyOf } from '../ext-authz/policy.ts';
import { settingsOf } from '../ext-authz/quota/store/redis-backed.ts';
import { freePort } from '../support/redis.ts';

type Values = Record<string, string | number>;
const OPEN: Values = { backend: 'a', tenant: 'red', principal: '07'.repeat(16) };
const CLOSE: Values = { ...OPEN, fingerprint: 'f', issued: 1, expires: 9 };
const FILTERED: Values = { backend: 'a', tenant: 'red', roles: '' };
const PIN = Buffer.from('127.0.0.1:9000').toString('base64');
const WITHHELD = 'a response was withheld because it could not be filtered';
const NOT_OPENED = 'a session could not be opened';
const INVALID = 'a server opened a session with an invalid id';

function head(
  metadata: Values,
  headers: Record<string, string>,
  sessionIds: readonly string[] = [],
): ProcessingRequest__Output {
  const fields = Object.entries(metadata).map(([name, value]) => [
    name,
    typeof value === 'number' ? { numberValue: value } : { stringValue: value },
  ]);
  const ids = sessionIds.map((id) => ['mcp-session-id', id] as const);
  const all = [...Object.entries(headers), ...ids].map(([key, value]) => ({ key, rawValue: Buffer.from(value) }));
  return {
    request: 'responseHeaders',
    responseHeaders: { headers: { headers: all } },
    metadataContext: { filterMetadata: { 'envoy.filters.http.ext_authz': { fields: Object.fromEntries(fields) } } },
  } as unknown as ProcessingRequest__Output;
}
const body = (bytes: Buffer) =>
  ({
    request: 'responseBody',
    responseBody: { body: bytes, endOfStream: true },
  }) as unknown as ProcessingRequest__Output;
const opening = (id: string, pin = PIN, ...more: string[]) =>
  head(OPEN, { ':status': '200', 'x-mcp-pin': pin }, [id, ...more]);
const filtered = (type: string) => head(FILTERED, { ':status': '200', 'content-type': type });
const json = filtered('application/json');

/** The lines that are logged, and the error that is thrown, while one response is processed. */
async function linesOf(messages: readonly ProcessingRequest__Output[], more: Partial<ResponseServices> = {}) {
  const { log, lines } = capturedLog();
  const exchange = exchangeWith(log, more);
  for (const message of messages) {
    await exchange.take(message).catch((error: Error) => lines.push({ msg: error.message }));
  }
  return lines.map(textOf);
}

function exchangeWith(log: Logger, more: Partial<ResponseServices> = {}): Exchange {
  const policy = policyOf('https://i.example', [policyBackend('a')]);
  const services: ResponseServices = {
    policy: () => policy,
    keys: () => keysOf(1),
    endSession: () => Promise.resolve(),
    leaveTombstone: () => Promise.resolve(),
    audit: () => undefined,
    log,
    warnings: new RepeatedWarnings(log),
    ...more,
  };
  return new Exchange(services, new Turns(), new Budget(1 << 30));
}

const textOf = ({ msg, reason }: LogLine) => (reason === undefined ? msg : `${msg}: ${reason}`);

describe('ext-proc, messages', () => {
  for (const [what, messages, expected, services] of [
    [
      'an unknown endpoint',
      [opening('x', Buffer.from('192.0.2.1:1').toString('base64'))],
      `${NOT_OPENED}: 192.0.2.1:1 is not an endpoint of a`,
    ],
    ['a long session id', [opening('x'.repeat(MAX_SERVER_SESSION_ID_LENGTH + 1))], `${INVALID}: it is too long`],
    ['an odd session id', [opening('a b')], `${INVALID}: it is not visible ASCII`],
    ['two session ids', [opening('', PIN, 'b')], `${INVALID}: the header is there several times`],
    [
      'a watcher that does not answer',
      [head(CLOSE, { ':status': '200' })],
      'the end of a session was not recorded: away',
      { endSession: () => Promise.reject(new Error('away')) },
    ],
    ['an unknown policy', [json], `${WITHHELD}: the policy for the caller is not known`, { policy: () => undefined }],
    [
      'another type',
      [filtered('text/html'), body(Buffer.from('x'))],
      `${WITHHELD}: the body is neither plain JSON nor an event stream`,
    ],
    ['other bytes', [json, body(Buffer.from([0xff]))], `${WITHHELD}: the body is not UTF-8`],
    ['a large body', [json, body(Buffer.alloc((16 << 20) + 1, 0x20))], `${WITHHELD}: the body is too large`],
    ['no metadata', [head({}, {}, ['x'])], 'the metadata of ext-authz is missing'],
    [
      'a request',
      [{ request: 'requestHeaders' } as ProcessingRequest__Output],
      'unexpected message from Envoy: requestHeaders',
    ],
  ] as [string, ProcessingRequest__Output[], string, Partial<ResponseServices>?][]) {
    it(what, async () => expect(await linesOf(messages, services)).to.deep.equal([expected]));
  }

  it('Redis that fails', async () => {
    const { log, messages } = capturedLog('info');
    const tombstones = new SharedTombstones(log, () => 0);
    tombstones.use(settingsOf(`redis://127.0.0.1:${await freePort()}`));
    await tombstones.leave('red', endedOf('f', 1));
    tombstones.close();
    expect(messages).to.deep.equal(['Redis failed: other gateways do not learn of ended sessions']);
  });

  it('the responses in place of a session', async () => {
    const errorOf = async (message: ProcessingRequest__Output) => {
      const [answer] = await exchangeWith(capturedLog().log).take(message);
      return (JSON.parse(String(answer?.immediateResponse?.body)) as { error: unknown }).error;
    };
    expect(await errorOf(opening('x', ''))).to.deep.equal({
      code: -32014,
      message: 'The session could not be opened; try again',
    });
    expect(await errorOf(opening('a b'))).to.deep.equal({
      code: -32019,
      message: 'The MCP server opened a session with an invalid id: it is not visible ASCII',
    });
  });
});
