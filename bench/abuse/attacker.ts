import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('attack.ts', import.meta.url));
const STOP_MS = 10_000;

/** A flood that runs. */
export interface Attacker {
  /** Ends it. Resolves with how often the flood had each outcome; rejects if its process had ended before. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

/** Starts a flood of `floods/` in a process of its own. */
export function startAttacker(name: string, url: string, stateDir: string): Attacker {
  const child = fork(PROGRAM, [name, url, stateDir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  return {
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the flood ${name} has ended too early`);
      const outcomes = once(child, 'message').then(([message]) => message as Record<string, number>);
      child.send('stop');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(timer);
      return Promise.race([outcomes, Promise.resolve({})]);
    },
  };
}
