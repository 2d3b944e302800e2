import { expect } from 'chai';
import type { RawAnswer } from '../fixtures/list-server/raw.ts';
import { openSession, send } from '../fixtures/replica-server/client.ts';
import { EVENTS, headersOf, JSON_TYPE, type RawSetup, rules, startRaw } from './policy-lists-setup.ts';

const message = (method: string, id: unknown = 'mine') =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    method,
    params: { name: 'get_a', uri: 'x:get_a', ref: { type: 'ref/prompt', name: 'get_a' } },
  });
/** Responses to other requests of the session, which may be sent on any stream. Developers may see `get_*` of each kind. */
const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'].map((key) => {
  const entry = (name: string) => ({ name, uri: `x:${name}`, uriTemplate: `x:${name}` });
  return { jsonrpc: '2.0', id: 'other', result: { [key]: [entry('get_a'), entry('hidden')] } };
});
const OWN = { jsonrpc: '2.0', id: 'mine', result: { content: [] } };
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const escaped = (value: unknown) => JSON.stringify(value).replace('"tools"', '"\\u0074ools"');
const hiddenIn = (text: string) => text.split('"name":"hidden"').length - 1;

describe('lists on other streams', function () {
  this.timeout(60_000);

  let setup: RawSetup;

  before(async () => {
    const {
      tenants: [tenant],
    } = rules(['get_*']);
    const [forAll, forLeads] = tenant?.rules ?? [];
    const allow = { prompts: { allow: ['get_*'] }, resources: { allow: ['x:get_*'] } };
    const everything = { prompts: { allow: ['*'] }, resources: { allow: ['*'] } };
    setup = await startRaw({
      tenants: [
        {
          ...tenant,
          rules: [
            { ...forAll, ...allow },
            { ...forLeads, ...everything },
          ],
        },
      ],
    });
  });
  after(() => setup?.stop());

  const ask = (answer: RawAnswer, more: { by?: string; session?: string; method?: string; body?: string } = {}) => {
    setup.server.answer = answer;
    const { by = setup.token, session, method = 'POST', body = method === 'POST' ? message('tools/call') : '' } = more;
    const headers = { ...headersOf(by, session), 'accept-encoding': 'gzip' };
    return send(setup.gateway.backendUrl('raw'), { method, headers, body });
  };
  const stream =
    (text: string, status = 200): RawAnswer =>
    (response) =>
      response.writeHead(status, EVENTS).end(text);
  const whole =
    (value: unknown, headers: Record<string, string> = JSON_TYPE): RawAnswer =>
    (response) =>
      void response.writeHead(200, headers).end(typeof value === 'string' ? value : JSON.stringify(value));

  for (const [list] of LISTS.map((one) => [one] as const)) {
    const [key = ''] = Object.keys(list.result);
    for (const method of ['tools/call', 'ping', 'completion/complete', 'logging/setLevel']) {
      it(`${key} on the stream of ${method} are filtered, with and without a session`, async () => {
        for (const session of [setup.session, undefined]) {
          const answer = await ask(stream(event(list) + event(OWN)), {
            ...(session && { session }),
            body: message(method),
          });
          expect(answer.status).to.equal(200);
          expect(answer.body).to.include('"id":"other"').and.include(event(OWN).trim());
          expect([answer.body.includes('get_a'), hiddenIn(answer.body)]).to.deep.equal([true, 0]);
        }
      });
    }
  }

  it('are filtered on a GET stream, after a resumption, and after a notification', async () => {
    const { session } = setup;
    for (const more of [
      { method: 'GET', session },
      { session, body: '{"jsonrpc":"2.0","method":"x/notifications"}' },
      { session, body: '{"jsonrpc":"2.0","id":1,"result":{}}' },
    ]) {
      const answer = await ask(stream(event(LISTS[0])), more);
      expect([answer.status, answer.body.includes('get_a'), hiddenIn(answer.body)]).to.deep.equal([200, true, 0]);
    }
  });

  it('are filtered in a batch: an event, or the JSON reply to a batch', async () => {
    const { session } = setup;
    const event = await ask(stream(`data: ${JSON.stringify([OWN, LISTS[0]])}\n\n`), { session });
    const reply = await ask(whole([OWN, LISTS[0]]), {
      session,
      body: `[${message('tools/call')},${message('ping', 2)}]`,
    });
    for (const answer of [event, reply]) {
      expect([answer.status, answer.body.includes('get_a'), hiddenIn(answer.body)]).to.deep.equal([200, true, 0]);
    }
  });

  it('are filtered however they are written, and with any status', async () => {
    const { session } = setup;
    const text = JSON.stringify(LISTS[0]);
    for (const body of [
      `data: ${escaped(LISTS[0])}\n\n`,
      `data: ${text.slice(0, 40)}\ndata: ${text.slice(40)}\n\n`.replaceAll('get_a', 'get_b'),
      `\ufeffdata: ${text}\r\r`,
      `data:${text}`,
    ]) {
      for (const status of [200, 404]) {
        expect(hiddenIn((await ask(stream(body, status), { session })).body), body).to.equal(0);
      }
    }
  });

  it('do not pass in a form that cannot be read: another type, charset or encoding', async () => {
    const { session } = setup;
    const text = JSON.stringify(LISTS[0]);
    for (const headers of [
      { 'content-type': 'text/event-stream; charset=utf-16' },
      { 'content-type': 'application/json; charset=utf-7' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/json, text/event-stream' },
      { ...EVENTS, 'content-encoding': 'gzip' },
      {},
    ]) {
      const answer = await ask(whole(text, headers as Record<string, string>), { session });
      expect([answer.status, JSON.parse(answer.body).error.code, hiddenIn(answer.body)]).to.deep.equal([
        502, -32019, 0,
      ]);
    }
  });

  it('pass for callers who may see everything, and plain JSON passes unread', async () => {
    const { session } = await openSession(setup.gateway.backendUrl('raw'), { token: setup.lead });
    const text = event(LISTS[0]) + event(OWN);
    expect((await ask(stream(text), { by: setup.lead, session })).body).to.equal(text);
    // Not JSON at all: ext-proc would not let it pass.
    expect((await ask(whole('{"unread'), { session: setup.session })).body).to.equal('{"unread');
  });
});
