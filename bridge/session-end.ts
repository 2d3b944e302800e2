import { type ChildExit, describeExit } from '../runtime/processes/child.ts';

/** Why a session ended, as its client reads it in the error of each unanswered request. */
export const SESSION_END = {
  deleted: 'the client ended the session',
  disconnected: 'the client disconnected before the session was open',
  idle: 'the session was idle for too long',
  stopped: 'the bridge is shutting down',
  notInitialized: 'initialize failed',
  initializeTimeout: (timeoutMs: number) =>
    `the server did not answer initialize within ${Math.round(timeoutMs / 1000)} s`,
  exited: (exit: ChildExit) => `the server process ended (${describeExit(exit)})`,
};
