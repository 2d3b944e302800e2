import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ClientStore } from '../../../local/issuer/client-store.ts';
import { recordingLogger, temporaryState } from './harness.ts';

describe('ClientStore', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let path: string;
  beforeEach(async () => {
    state = await temporaryState();
    path = join(state.stateDir, 'issuer', 'clients.json');
  });
  afterEach(() => state.remove());

  function open(limit = 200, { logger } = recordingLogger()): Promise<ClientStore> {
    return ClientStore.open({ path, limit, logger });
  }

  it('has the same clients when it is opened again', async () => {
    const client = { client_id: 'a', client_name: 'Editor', redirect_uris: ['http://127.0.0.1/cb'] };
    await (await open()).upsert('a', client);
    expect(await (await open()).find('a')).to.deep.equal(client);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('keeps only the newest clients', async () => {
    const store = await open(2);
    for (const id of ['a', 'b', 'c']) await store.upsert(id, { client_id: id });
    for (const opened of [store, await open(2)]) {
      expect(await opened.find('a')).to.equal(undefined);
      expect(await opened.find('b')).to.deep.equal({ client_id: 'b' });
      expect(await opened.find('c')).to.deep.equal({ client_id: 'c' });
    }
  });

  it('loses no concurrent registration and leaves no temporary file', async () => {
    const store = await open();
    const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`);
    await Promise.all(ids.map((id) => store.upsert(id, { client_id: id })));
    const opened = await open();
    for (const id of ids) expect(await opened.find(id)).to.deep.equal({ client_id: id });
    expect(await readdir(dirname(path))).to.deep.equal(['clients.json']);
  });

  it('does not have a destroyed client', async () => {
    const store = await open();
    await store.upsert('a', { client_id: 'a' });
    await store.destroy('a');
    expect(await (await open()).find('a')).to.equal(undefined);
  });

  it('logs a damaged file, and replaces it', async () => {
    await mkdir(dirname(path), { recursive: true });
    for (const damage of ['{', '{"clients":[{}]}']) {
      await writeFile(path, damage);
      const log = recordingLogger();
      const store = await open(200, log);
      expect(log.lines.map(({ msg }) => msg).join())
        .to.include('damaged')
        .and.include(path);
      await store.upsert('a', { client_id: 'a' });
      expect(await (await open()).find('a')).to.deep.equal({ client_id: 'a' });
    }
  });
});
