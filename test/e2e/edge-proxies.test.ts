import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, send, sendSound } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type Document, startGateway, type TestGateway } from '../support/gateway.ts';

const CLIENT = '203.0.113.9';

/** Headers with which a client may claim an address, or proxies that do not exist. */
const SPOOFED: Record<string, string> = {
  forwarded: 'for=203.0.113.9;host=evil.example;proto=https',
  'x-forwarded': 'for=203.0.113.9',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-port': '443',
  'x-forwarded-prefix': '/admin',
  'x-forwarded-server': 'evil.example',
  'x-forwarded-user': 'root',
  'x-forwarded-for-original': CLIENT,
  'x-forwarded-client-cert': 'Subject="CN=root"',
  'x-original-url': '/admin',
  'x-original-forwarded-for': CLIENT,
  'x-rewrite-url': '/admin',
  'x-http-method-override': 'DELETE',
  'x-real-ip': CLIENT,
  'x-client-ip': CLIENT,
  'x-cluster-client-ip': CLIENT,
  'x-remote-addr': CLIENT,
  'x-remote-user': 'root',
  'true-client-ip': CLIENT,
  'cf-connecting-ip': CLIENT,
  'fastly-client-ip': CLIENT,
  'x-envoy-external-address': CLIENT,
  'x-envoy-internal': 'true',
};
const REQUEST_ID = '11111111-2222-4333-8444-555555555555';

describe("the client's address", function () {
  this.timeout(30_000);

  let replica: Replica;
  before(async () => {
    replica = await startReplica({ name: 'replica' });
  });
  after(() => replica?.stop());

  /** What a server and the audit log get for a request with these headers. */
  async function told(gateway: TestGateway, headers: Record<string, string>) {
    const answer = await sendSound(gateway.backendUrl('replica'), await gateway.token(), { headers });
    const { result } = parse(answer);
    if (result === undefined) throw new Error(`${answer.status} ${answer.body}`);
    const id = String(answer.headers['x-request-id']);
    const [line] = await eventually(
      () => auditOf(gateway).filter(({ requestId }) => requestId === id),
      ({ length }) => length > 0,
    );
    return { id, headers: result.headers, server: result.headers['x-forwarded-for'], audit: line?.client };
  }

  function withGateway(settings: Document, tests: (gateway: () => TestGateway) => void): () => void {
    return () => {
      let gateway: TestGateway;
      before(async () => {
        const url = `http://127.0.0.1:${replica.port}/mcp`;
        gateway = await startGateway({ backends: { replica: { name: 'replica', url } }, settings });
      });
      after(() => gateway?.stop());
      tests(() => gateway);
    };
  }

  /** No claim of a client arrives at a server, whatever its address. */
  function itIsNotTheClientsWord(gateway: () => TestGateway): void {
    it('does not depend on other headers of a client, and none of them arrives', async () => {
      const { headers, id } = await told(gateway(), {
        ...SPOOFED,
        'x-forwarded-proto': 'https',
        'x-request-id': REQUEST_ID,
      });
      expect(Object.keys(SPOOFED).filter((name) => name in headers)).to.deep.equal([]);
      expect(headers).to.include({ 'x-forwarded-proto': 'http', 'x-request-id': id });
      expect(id).to.not.equal(REQUEST_ID);
    });

    it('goes to servers without any other header of Envoy', async () => {
      const { headers } = await told(gateway(), {});
      expect(Object.keys(headers).filter((name) => /^x-(?!mcp-)/.test(name))).to.have.members([
        'x-forwarded-for',
        'x-forwarded-proto',
        'x-request-id',
      ]);
    });
  }

  /** The address of the connection, whatever X-Forwarded-For contains. */
  function itIsThatOfThePeer(gateway: () => TestGateway): void {
    for (const forwarded of [undefined, CLIENT, `${CLIENT}, 127.0.0.1`, '127.0.0.1', '10.0.0.1', 'nonsense']) {
      it(`is that of the peer, with X-Forwarded-For ${forwarded ?? 'missing'}`, async () => {
        const { server, audit } = await told(
          gateway(),
          forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
        );
        expect({ server, audit }).to.deep.equal({ server: '127.0.0.1', audit: '127.0.0.1' });
      });
    }
  }

  describe(
    'without trusted proxies',
    withGateway({}, (gateway) => {
      itIsThatOfThePeer(gateway);
      itIsNotTheClientsWord(gateway);

      it('is in the audit log of a denial too', async () => {
        const answer = await send(gateway().backendUrl('replica'), { headers: { 'x-forwarded-for': CLIENT } });
        expect(answer.status).to.equal(401);
        const [line] = await eventually(
          () => auditOf(gateway()).filter(({ decision }) => decision === 'deny'),
          ({ length }) => length > 0,
        );
        expect(line?.client).to.equal('127.0.0.1');
      });
    }),
  );

  describe(
    'with trusted proxies, for another peer',
    withGateway({ listen: { trustedProxies: ['192.0.2.0/24', '10.0.0.0/8'] } }, (gateway) => {
      itIsThatOfThePeer(gateway);
      itIsNotTheClientsWord(gateway);
    }),
  );

  describe(
    'behind a trusted proxy',
    withGateway({ listen: { trustedProxies: ['127.0.0.1/32', '10.0.0.0/8', '2001:db8:1::/48'] } }, (gateway) => {
      for (const [forwarded, client] of [
        [CLIENT, CLIENT],
        ['2001:db8::9', '2001:db8::9'],
        // Everything before the last address that is not a trusted proxy's was written by that client.
        [`198.51.100.1, ${CLIENT}`, CLIENT],
        [`127.0.0.1, ${CLIENT}`, CLIENT],
        [`nonsense, ${CLIENT}`, CLIENT],
        [`${CLIENT}, 10.1.2.3`, CLIENT],
        [`198.51.100.1,${CLIENT},10.1.2.3, 2001:db8:1::7`, CLIENT],
        // All addresses are those of trusted proxies.
        ['10.1.2.3', '10.1.2.3'],
        // The proxy wrote nothing readable: its own address is the best that is known.
        [undefined, '127.0.0.1'],
        ['nonsense', '127.0.0.1'],
        [`${CLIENT}, nonsense`, '127.0.0.1'],
        [`${CLIENT}:4711`, '127.0.0.1'],
      ] as const) {
        it(`is ${client}, with X-Forwarded-For ${forwarded ?? 'missing'}`, async () => {
          const { server, audit } = await told(
            gateway(),
            forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
          );
          expect({ server, audit }).to.deep.equal({ server: client, audit: client });
        });
      }
      itIsNotTheClientsWord(gateway);
    }),
  );
});

/** The fields of a line of the audit log that are checked. */
interface AuditLine {
  decision: string;
  client: string;
  requestId: string;
}

function auditOf({ stateDir }: TestGateway): AuditLine[] {
  const file = join(stateDir, 'audit.log');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // The last line may not be written yet.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditLine);
}
