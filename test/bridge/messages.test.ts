import { expect } from 'chai';
import { SESSION_END } from '../../bridge/session-end.ts';
import { type DenialReason, deny } from '../../core/mcp/denial.ts';

/** What a client of the bridge reads: the wording of each message, asserted here alone. */
const DENIALS: readonly [reason: DenialReason, message: string, values?: Record<string, string | number>][] = [
  ['missing-session', 'Bad Request: Mcp-Session-Id header is required'],
  [
    'unsupported-revision',
    'Bad Request: Unsupported protocol version (supported versions: a, b)',
    { supported: 'a, b' },
  ],
  ['not-json-rpc', 'Parse error: the body is not a JSON-RPC message'],
  ['initialize-in-batch', 'Invalid request: initialize must not be part of a batch'],
  ['request-id-in-use', 'Invalid request: a request with this id has not been answered yet'],
  ['unknown-event-id', 'Invalid request: unknown Last-Event-ID'],
  ['nothing-to-resume', 'Invalid request: there is nothing after this Last-Event-ID'],
  ['not-acceptable', 'Not Acceptable: Client must accept text/event-stream', { type: 'text/event-stream' }],
  ['message-too-large', 'The message is larger than 5 bytes', { maxBytes: 5 }],
  ['server-not-started', 'The MCP server cannot be started: why', { why: 'why' }],
  ['server-failed', 'The MCP server failed: why', { why: 'why' }],
  ['server-timeout', 'The MCP server failed: why', { why: 'why' }],
  ['sessions-in-use', 'All 2 sessions are in use', { maxSessions: 2 }],
  ['server-busy', 'The MCP server is busy'],
  ['replays-in-use', 'Too many responses are being sent again'],
  ['bridge-draining', 'The bridge is shutting down'],
];

describe('messages of the bridge', () => {
  for (const [reason, message, values = {}] of DENIALS) {
    it(`for ${reason}`, () => expect(deny(reason, { values }).error.message).to.equal(message));
  }

  it('for the end of a session', () => {
    const { initializeTimeout, exited, noEndpoint, streamFailed, eventTooLarge, ...texts } = SESSION_END;
    expect(texts).to.deep.equal({
      deleted: 'the client ended the session',
      disconnected: 'the client disconnected before the session was open',
      idle: 'the session was idle for too long',
      stopped: 'the bridge is shutting down',
      notInitialized: 'initialize failed',
      streamEnded: 'the server closed its event stream',
    });
    expect(initializeTimeout(120_000)).to.equal('the server did not answer initialize within 120 s');
    expect(noEndpoint(2_000)).to.equal('it did not name its endpoint within 2 s');
    expect(streamFailed('why')).to.equal('the connection to the server failed (why)');
    expect(eventTooLarge(5)).to.equal('the server sent an event of more than 5 bytes');
    expect(exited({ code: 4, signal: null })).to.equal('the server process ended (exit code 4)');
  });
});
