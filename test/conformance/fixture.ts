import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The program of the fixture, relative to the root of the project, as a `command` backend names it. */
export const FIXTURE_PROGRAM = 'test/fixtures/conformance-server/main.ts';

export interface Fixture {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  stop(): Promise<void>;
}

/** Starts one copy of the conformance server on a free port. Rejects if it ends before it listens. */
export async function startFixture(): Promise<Fixture> {
  const child = spawn(process.execPath, [FIXTURE_PROGRAM], {
    cwd: new URL('../..', import.meta.url),
    env: { PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const firstLine = once(createInterface(child.stdout), 'line');
  const started = await Promise.race([firstLine, exited.then(() => undefined)]);
  if (started === undefined) throw new Error(`${FIXTURE_PROGRAM} ended before it listened`);
  const { port }: { port: number } = JSON.parse(started[0]);
  return {
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
