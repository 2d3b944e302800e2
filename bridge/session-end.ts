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
  noEndpoint: (timeoutMs: number) => `it did not name its endpoint within ${Math.round(timeoutMs / 1000)} s`,
  streamEnded: 'the server closed its event stream',
  streamFailed: (why: string) => `the connection to the server failed (${why})`,
  eventTooLarge: (maxBytes: number) => `the server sent an event of more than ${maxBytes} bytes`,
  exited: (exit: ChildExit) => `the server process ended (${describeExit(exit)})`,
};
