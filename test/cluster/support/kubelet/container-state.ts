import type { ChildExit } from '../../../../runtime/processes/child.ts';

/** The `state` of a container status. */
export type ContainerState =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | { terminated: Terminated };

/** How a run of a container ended. */
export interface Terminated {
  exitCode: number;
  reason: 'Completed' | 'Error';
  startedAt: string;
  finishedAt: string;
}

/** The report of a container, as in its status in the API. */
export interface ContainerReport {
  name: string;
  image: string;
  imageID: string;
  state: ContainerState;
  lastState: ContainerState | Record<string, never>;
  ready: boolean;
  started: boolean;
  restartCount: number;
  containerID?: string;
}

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGTERM: 15,
  SIGKILL: 9,
  SIGINT: 2,
  SIGSEGV: 11,
  SIGABRT: 6,
};

/** The exit code of a process as Kubernetes reports it: 128 plus the number of a signal. */
export function terminated(exit: ChildExit, startedAt: string): Terminated {
  const exitCode = exit.code ?? 128 + (exit.signal === null ? 0 : (SIGNALS[exit.signal] ?? 0));
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now() };
}

/** The current time in the format of the API. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** The report of a container that was not started yet. */
export function firstReport({ name, image }: { name: string; image: string }): ContainerReport {
  const state = { waiting: { reason: 'ContainerCreating' } };
  return { name, image, imageID: '', state, lastState: {}, ready: false, started: false, restartCount: 0 };
}
