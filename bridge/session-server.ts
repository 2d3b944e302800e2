import type { OutgoingHttpHeaders } from 'node:http';
import type { Logger } from '../runtime/log.ts';
import type { Message } from '../runtime/streamable-http/messages.ts';
import type { Line } from './lines.ts';

/** The server of one session. */
export interface SessionServer {
  /** Process id of a server that the bridge has started. */
  readonly pid: number | undefined;
  /** Settles with the reason when the server is gone. Never rejects. */
  readonly gone: Promise<string>;
  /** The last lines that it wrote to stderr; empty without any. */
  readonly stderrTail: string;
  /** Bytes of messages that the server has not read yet. */
  readonly unreadBytes: number;
  /**
   * Sends a message.
   *
   * @param headers headers of the request that brought the message; a process cannot see them
   */
  write(message: Message, headers: OutgoingHttpHeaders): void;
  /** Ends the server, with everything that it started. */
  end(): Promise<void>;
}

/** What a {@link StartServer} gets. */
export interface ServerStart {
  /** Name of the session, for log lines. */
  name: string;
  log: Logger;
  /** Headers of the request that opens the session. */
  headers: OutgoingHttpHeaders;
  /** Called with each message of the server; reading pauses until the promise that it returns settles. */
  onLine: (line: Line) => Promise<void> | undefined;
}

/** Starts, or connects to, the server of a new session. Rejects with the reason if that fails. */
export type StartServer = (start: ServerStart) => Promise<SessionServer>;
