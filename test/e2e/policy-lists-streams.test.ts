import { expect } from 'chai';
import type { RawAnswer } from '../fixtures/list-server/raw.ts';
import { open, send } from '../fixtures/replica-server/client.ts';
import { childOf } from '../fixtures/replica-server/processes.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import {
  EVENTS,
  headersOf,
  JSON_TYPE,
  LIST,
  LISTED,
  type RawSetup,
  rules,
  SHOWN,
  startRaw,
} from './policy-lists-setup.ts';

describe('lists in event streams', function () {
  this.timeout(30_000);

  let setup: RawSetup;

  before(async () => {
    setup = await startRaw();
  });
  after(() => setup?.stop());

  /** Opens a stream; what it received so far is in `text`. */
  const stream = async (answer: RawAnswer, method: 'GET' | 'POST', more: Record<string, string> = {}) => {
    setup.server.answer = answer;
    const headers = { ...headersOf(setup.token, setup.session), ...more };
    const response = await open(setup.gateway.backendUrl('raw'), {
      method,
      headers,
      body: method === 'GET' ? '' : LIST,
    });
    const read = { text: '', status: response.statusCode, ended: false, broken: false };
    response.setEncoding('utf8').on('data', (text: string) => {
      read.text += text;
    });
    response.on('end', () => {
      read.ended = true;
    });
    response.on('error', () => {
      read.broken = true;
    });
    const came = (text: string) =>
      eventually(
        () => read.text,
        (now) => now === text,
      );
    return { read, came, close: () => response.destroy() };
  };
  const data = (text: string) =>
    `event: message\r\nid: 7\r\ndata: ${text.trim().replaceAll('\r\n', ' ').replaceAll('\n', ' ')}\r\n\r\n`;
  const progress = data(
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1.0}}',
  );

  it('lose what the caller may not see, and each event passes when it is complete', async () => {
    let say = (_text: string) => {};
    const { read, came } = await stream((response) => {
      response.writeHead(200, EVENTS);
      say = (text) => void (text === '' ? response.end() : response.write(text));
      say(': hello\n\n');
    }, 'POST');
    let sofar = ': hello\n\n';
    for (const [said, heard] of [
      ['', ''],
      [progress, progress],
      [': ping\n\n', ': ping\n\n'],
      [data(LISTED).slice(0, 40), 'event: message\r\nid: 7\r\n'],
      [data(LISTED).slice(40), data(SHOWN).slice('event: message\r\nid: 7\r\n'.length)],
    ] as const) {
      if (said !== '') say(said);
      sofar += heard;
      await came(sofar);
    }
    expect(read.ended).to.equal(false);
    say('');
    await eventually(
      () => read.ended,
      (ended) => ended,
    );
  });

  it('lose it also when a broken stream resumes', async () => {
    const { read, came, close } = await stream(
      (response, { headers }) => {
        response.writeHead(200, EVENTS);
        response.write(`: after ${headers['last-event-id']}\n\n${data(LISTED)}`);
      },
      'GET',
      { 'last-event-id': '6' },
    );
    await came(`: after 6\n\n${data(SHOWN)}`);
    expect(read.status).to.equal(200);
    expect(setup.server.requests.at(-1)?.headers).to.not.have.property('accept-encoding');
    close();
  });

  it('follow a change of policy while a stream is open', async () => {
    let say = () => {};
    const { read, close } = await stream((response) => {
      response.writeHead(200, EVENTS);
      say = () => void response.write(data(LISTED));
      say();
    }, 'GET');
    /** The names of the last list that arrived, once they are these. */
    const shows = (names: string[]) =>
      eventually(
        () => {
          say();
          return [...(read.text.split('data: ').at(-1) ?? '').matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name);
        },
        (shown) => shown.join() === names.join(),
      );
    await shows(['get_\\u0061']);
    setup.gateway.writeTenants(rules(['drop']));
    await shows(['drop', 'drop']);
    setup.gateway.writeTenants(rules(['*']));
    await shows(['drop', 'get_\\u0061', 'drop']);
    setup.gateway.writeTenants(rules(['get_*']));
    await shows(['get_\\u0061']);
    close();
  });

  it('become an error if an event cannot be read, and continue', async () => {
    const { came, close } = await stream((response) => {
      response.writeHead(200, EVENTS);
      response.write(
        `id: 1\ndata: {"id":"mine","result":{"tools":[],"tools":[]}}\n\n${data('{"id":"mine","result":')}${progress}`,
      );
    }, 'POST');
    const error =
      '{"jsonrpc":"2.0","id":"mine","error":{"code":-32019,"message":"The response of the MCP server cannot be filtered"}}';
    await came(`id: 1\ndata: ${error}\n\n${data(error)}${progress}`);
    close();
  });

  it('break off when the server does', async () => {
    let breakOff = () => {};
    const { read, came } = await stream((response) => {
      breakOff = () => void response.destroy();
      response.writeHead(200, EVENTS);
      response.write(`${progress}${data(LISTED).slice(0, -8)}`);
    }, 'POST');
    await came(`${progress}event: message\r\nid: 7\r\n`);
    breakOff();
    await eventually(
      () => read.broken,
      (broken) => broken,
    );
    expect(read.text).to.not.include('tools');
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`break off when ext-proc ends by ${signal}, and show nothing unfiltered`, async () => {
      let timer: NodeJS.Timeout | undefined;
      const { read } = await stream((response) => {
        response.writeHead(200, EVENTS);
        timer = setInterval(() => response.write(data(LISTED)), 10);
        response.on('close', () => clearInterval(timer));
      }, 'GET');
      await eventually(
        () => read.text,
        (text) => text.startsWith(data(SHOWN)),
      );
      const both = () => [0, 1].map((index) => childOf(setup.gateway.stateDir, `ext-proc-${index}`));
      for (const pid of await eventually(both, () => true)) process.kill(pid, signal);
      await eventually(
        () => read.broken,
        (broken) => broken,
      );
      expect(read.text).to.not.include('drop');
      setup.server.answer = (response) => response.writeHead(200, JSON_TYPE).end(LISTED);
      const headers = headersOf(setup.token, setup.session);
      const again = () => send(setup.gateway.backendUrl('raw'), { headers, body: LIST });
      expect((await eventually(again, ({ status }) => status === 200)).body).to.equal(SHOWN);
    });
  }
});
