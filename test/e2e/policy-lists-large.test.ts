import { expect } from 'chai';
import type { RawAnswer } from '../fixtures/list-server/raw.ts';
import { type Answer, openSession, parse, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { headersOf, JSON_TYPE, LIST, LISTED, type RawSetup, SHOWN, startRaw } from './policy-lists-setup.ts';

// A gateway has two ext-proc processes, so with five responses one of them holds three.
const RESPONSES = 5;
/** More than a third of what one caller may hold in a process, and less than half. */
const HELD = ' '.repeat(10 << 20);

describe('large lists', function () {
  this.timeout(60_000);

  let setup: RawSetup;

  const list = (answer: RawAnswer, token = setup.token): Promise<Answer> => {
    setup.server.answer = answer;
    return send(setup.gateway.backendUrl('raw'), { headers: headersOf(token), body: LIST });
  };
  const small: RawAnswer = (response) => void response.writeHead(200, JSON_TYPE).end(LISTED);

  before(async () => {
    setup = await startRaw();
  });
  after(() => setup?.stop());

  it('do not delay sessions that others open', async () => {
    const names = Array.from({ length: 80_000 }, (_, index) => `{"name":"get_${'a'.repeat(150)}${index}"}`);
    const text = `{"jsonrpc":"2.0","id":"mine","result":{"tools":[{"name":"drop"},${names.join(',')}]}}`;
    const order: string[] = [];
    const sent = Promise.withResolvers<void>();
    const large = list((response) => {
      response.writeHead(200, JSON_TYPE).end(text, () => sent.resolve());
    }).then((answer) => {
      order.push('list');
      return answer;
    });
    await sent.promise;
    const opens = Array.from({ length: 6 }, async () => {
      await openSession(setup.gateway.backendUrl('raw'), { token: setup.lead });
      order.push('session');
    });
    await Promise.all(opens);
    const { status, body } = await large;
    expect([status, body === text.replace('{"name":"drop"},', '')]).to.deep.equal([200, true]);
    expect(order).to.deep.equal([...Array(6).fill('session'), 'list']);
  });

  it('of one caller leave memory for the lists of others', async () => {
    const ends: (() => void)[] = [];
    const unfinished: RawAnswer = (response) => {
      response.writeHead(200, JSON_TYPE).write(HELD);
      ends.push(() => response.end(LISTED));
    };
    const answers: Answer[] = [];
    const all = Array.from({ length: RESPONSES }, () =>
      list(unfinished).then((answer) => {
        answers.push(answer);
      }),
    );
    const [first] = await eventually(
      () => answers,
      ({ length }) => length > 0 && ends.length === RESPONSES,
    );
    expect(first?.status).to.equal(503);
    expect(first?.headers['retry-after']).to.equal('1');
    if (first !== undefined)
      expect(parse(first)).to.deep.include({ id: 'mine' }).and.nested.include({ 'error.code': -32014 });
    // Each process gets one of several.
    for (let count = 0; count < 4; count += 1) {
      const { status, body } = await list(small, setup.lead);
      expect([status, body]).to.deep.equal([200, LISTED]);
    }
    for (const end of ends) end();
    await Promise.all(all);
    const passed = answers.filter(({ status }) => status === 200);
    expect(passed).to.have.length.within(2, 4);
    for (const { body } of passed) expect(body === HELD + SHOWN).to.equal(true);
    // All of it was given back.
    await eventually(
      () => list((response) => void response.writeHead(200, JSON_TYPE).end(HELD + LISTED)),
      ({ status }) => status === 200,
    );
  });
});
