import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { gatewaySchema } from '../../../../core/config/gateway.ts';
import { parseRedisUrl } from '../../../../runtime/redis.ts';
import { eventually } from '../../../fixtures/replica-server/waiting.ts';
import { REDIS_START_MS, startRedis, type TestRedis } from '../../../support/redis.ts';
import { openStore, passing, settingsOf } from './redis-backed.ts';

describe('ext-authz/quota with Redis on a Unix socket', function () {
  this.timeout(REDIS_START_MS);
  let folder: string;
  let socket: string;
  let redis: TestRedis;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-unix-'));
    socket = join(folder, 'redis@home.sock');
    redis = await startRedis({ args: ['--unixsocket', socket] });
    await redis.client.acl('SETUSER', 'ada', 'on', '>se:cret', '~mcpgw:*', '+@all');
  });
  after(async () => {
    await redis?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const problemsOf = (url: string) => {
    const parsed = gatewaySchema.safeParse({ issuer: 'development', redis: { url } });
    return parsed.success ? [] : parsed.error.issues.filter(({ path }) => path.join('.') === 'redis.url');
  };

  for (const [what, login, query, database] of [
    ['the default user', '', '', 0],
    ['a user with a password, and a database', 'ada:se%3Acret@', '?db=3', 3],
  ] as const) {
    it(`debits there, as ${what}`, async () => {
      const url = `redis+unix://${login}${socket.replace('@', '%40')}${query}`;
      expect(problemsOf(url)).to.deep.equal([]);
      const opened = openStore(settingsOf(url));
      try {
        await eventually(() => opened.store.healthy, Boolean);
        expect(await passing(opened.store, 12)).to.equal(10);
        await redis.client.select(database);
        expect(await redis.client.keys('*')).to.deep.equal(['mcpgw:{red}:bucket:tenant']);
        expect(opened.messages).to.deep.equal([]);
      } finally {
        opened.close();
      }
    });
  }

  it('is an absolute path, and nothing else', () => {
    expect(parseRedisUrl('redis+unix:///run/redis.sock')).to.deep.include({
      ...{ kind: 'unix', path: '/run/redis.sock', nodes: [], name: '', username: undefined, password: undefined },
    });
    const wrong = [
      'redis+unix://run/redis.sock',
      'redis+unix://',
      'redis+unix:///',
      'rediss+unix:///a',
      'redis+unix:///a?x=1',
    ];
    for (const url of wrong) expect(problemsOf(url), url).to.have.lengthOf(1);
  });
});
