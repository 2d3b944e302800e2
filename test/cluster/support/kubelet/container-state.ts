import type { ChildExit } from '../../../../runtime/processes/child.ts';

/** As `state` of a container status has it. */
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

/** What is known of a container, as its status in the API has it. */
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

/** The end of a process in words of Kubernetes: a signal is 128 and its number. */
export function terminated(exit: ChildExit, startedAt: string): Terminated {
  const exitCode = exit.code ?? 128 + (exit.signal === null ? 0 : (SIGNALS[exit.signal] ?? 0));
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now() };
}

/** The time as the API writes it. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** The report of a container of which nothing was started yet. */
export function firstReport({ name, image }: { name: string; image: string }): ContainerReport {
  const state = { waiting: { reason: 'ContainerCreating' } };
  return { name, image, imageID: '', state, lastState: {}, ready: false, started: false, restartCount: 0 };
}
