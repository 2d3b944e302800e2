import { Agent } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { speaksGrpc } from '../../runtime/http/unix-client.ts';
import { type Answer, forEach, openSession, REPLICA_PROGRAM, rpc } from '../fixtures/replica-server/client.ts';
import { childOf, childrenOf } from '../fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const AT_ONCE = 16;
const REQUESTS = 600;
const HEALTH = { interval: '500ms', timeout: '500ms' };

describe('resilience', function () {
  this.timeout(60_000);

  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let named: Replica;
  let gateway: TestGateway;
  let token: string;
  /** A session at a backend with processes, and one at a backend whose URL has a host name. */
  let sessions: { at: string; session: string }[];

  const use = (at: string, session: string) => rpc(gateway.backendUrl(at), { token, session, agent });
  const initialize = () => rpc(gateway.backendUrl('fleet'), { token, agent }, 'initialize');
  const told = ({ status, body }: Answer) => (status === 200 ? 'ok' : `${status} ${body}`);
  const outcomes = (answers: string[]) => [...new Set(answers)];

  /** Whether a process of this name works; Envoy has no gRPC socket, so for Envoy the process alone counts. */
  const works = (name: string) => name === 'envoy' || speaksGrpc(join(gateway.stateDir, 'run', `${name}.sock`));

  /** Kills a child of the gateway and resolves once another process has replaced it and works. */
  const kill = async (name: string) => {
    const pid = childOf(gateway.stateDir, name);
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => childrenOf(gateway.stateDir).get(name),
      (now) => now !== undefined && now !== pid,
    );
    await eventually(
      async () => works(name),
      (working) => working,
    );
  };

  before(async () => {
    named = await startReplica({ name: 'named', host: 'localhost' });
    gateway = await startGateway({
      backends: {
        fleet: { name: 'fleet', command: [process.execPath, REPLICA_PROGRAM], replicas: 2, healthCheck: HEALTH },
        named: { name: 'named', url: `http://localhost:${named.port}/mcp`, healthCheck: HEALTH },
      },
    });
    token = await gateway.token();
    const open = async (at: string) => ({
      at,
      session: (await openSession(gateway.backendUrl(at), { token })).session,
    });
    sessions = [await open('fleet'), await open('named')];
  });
  after(async () => {
    agent.destroy();
    await gateway?.stop();
    await named?.stop();
  });

  /** Sends requests of all sessions, without retries, while an action lasts and for some time after it. */
  const meanwhile = async (work: Promise<unknown>) => {
    let going = true;
    const ended = work.finally(() => {
      going = false;
    });
    const answers: string[] = [];
    const send = async (_: number) => {
      while (going || answers.length < REQUESTS) {
        const { at, session } = sessions[answers.length % sessions.length] ?? { at: '', session: '' };
        answers.push(told(await use(at, session)));
      }
    };
    await Promise.all([
      ended,
      forEach(
        Array.from({ length: AT_ONCE }, (_, index) => index),
        AT_ONCE,
        send,
      ),
    ]);
    return answers;
  };

  for (const worker of ['ext-authz-0', 'ext-authz-1']) {
    it(`loses no request when ${worker} is killed under load`, async () => {
      const answers = await meanwhile(kill(worker));
      expect(outcomes(answers)).to.deep.equal(['ok']);
      expect(outcomes(await meanwhile(Promise.resolve()))).to.deep.equal(['ok']);
    });
  }

  it('answers every request when all ext-authz processes are killed at once: 200, or 503 until one is back', async () => {
    const answers = await meanwhile(Promise.all([kill('ext-authz-0'), kill('ext-authz-1')]));
    // A process that is not back within Envoy's retries cannot answer; how long it takes depends on the machine.
    expect(
      outcomes(answers.filter((answer) => !answer.startsWith('503 ') || !answer.includes('-32014'))),
    ).to.deep.equal(['ok']);
    expect(outcomes(await meanwhile(Promise.resolve()))).to.deep.equal(['ok']);
  });

  it('continues without the watcher, and serves new files once it is back', async () => {
    const served = async () => {
      await kill('watcher');
      gateway.writeBackend('late', { name: 'late', url: `http://localhost:${named.port}/mcp`, healthCheck: HEALTH });
      await eventually(
        () => openSession(gateway.backendUrl('late'), { token }),
        () => true,
      );
      await eventually(
        async () => (await gateway.status()).envoyConnected,
        (connected) => connected === true,
      );
    };
    expect(outcomes(await meanwhile(served()))).to.deep.equal(['ok']);
  });

  for (const processor of ['ext-proc-0', 'ext-proc-1']) {
    it(`opens sessions while ${processor} is restarted`, async () => {
      const pid = childOf(gateway.stateDir, processor);
      process.kill(pid, 'SIGKILL');
      const answers: string[] = [];
      while (childrenOf(gateway.stateDir).get(processor) === pid || answers.length < 100)
        answers.push(told(await initialize()));
      expect(outcomes(answers)).to.deep.equal(['ok']);
    });
  }

  it('comes back when Envoy is killed, with its sessions', async () => {
    await kill('envoy');
    for (const { at, session } of sessions)
      await eventually(
        () => use(at, session),
        ({ status }) => status === 200,
      );
    expect(outcomes(await meanwhile(Promise.resolve()))).to.deep.equal(['ok']);
    expect((await initialize()).status).to.equal(200);
  });
});
