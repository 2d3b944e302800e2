import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import type { Policy } from '../../core/policy/policy.ts';
import type { EndedSession } from '../../core/session/ended-record.ts';
import { EndedSessions } from '../../core/session/ended-sessions.ts';
import type { PolicyServiceClient } from '../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate__Output } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest } from '../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyClient } from '../../protos/load.ts';
import type { Logger } from '../log.ts';
import { applyUpdate } from './apply.ts';
import { sessionToProto } from './convert-session.ts';
import { RECONNECT } from './reconnect.ts';

const RETRY_MS = 200;
const END_SESSION_TIMEOUT_MS = 2_000;

/** Settings of {@link PolicyClient}. */
export interface PolicyClientOptions {
  /** Unix socket of the watcher. */
  socket: string;
  /** Name of this process, for the watcher's log. */
  subscriber: string;
  log: Logger;
  /** Default true. Without them the policy's `endedSessions` has none: for a process that decides about no requests. */
  endedSessions?: boolean;
  /** Called after each change of settings or backends, and before it is acknowledged. */
  onPolicy?: (policy: Policy, before: Policy | undefined) => void;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number;
}

/** Subscribes to the watcher's policy. Without a connection it keeps the last policy and reconnects. */
export class PolicyClient {
  /** The policy in force; undefined before the first one. */
  current: Policy | undefined;
  readonly #options: PolicyClientOptions;
  readonly #client: PolicyServiceClient;
  readonly #ended = new EndedSessions();
  #stream: ClientDuplexStream<SubscribeRequest, PolicyUpdate__Output> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #lost = false;
  #closed = false;

  constructor(options: PolicyClientOptions) {
    this.#options = options;
    this.#client = new (policyClient())(`unix:${options.socket}`, credentials.createInsecure(), {
      ...RECONNECT,
      // A snapshot holds all backends, possibly thousands.
      'grpc.max_receive_message_length': 256 << 20,
    });
    this.#subscribe();
  }

  /**
   * Ends a session in all processes of the gateway; resolves once they deny its requests. Rejects if the watcher does not answer
   * within 2 s.
   */
  endSession(session: EndedSession): Promise<void> {
    const deadline = Date.now() + END_SESSION_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      this.#client.EndSession(sessionToProto(session), { deadline }, (error) => {
        error ? reject(error) : resolve();
      });
    });
  }

  /** Ends the subscription. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#stream?.cancel();
    this.#client.close();
  }

  #subscribe(): void {
    const { subscriber, log, endedSessions = true, onPolicy, now = Date.now } = this.#options;
    const withoutEndedSessions = !endedSessions;
    const stream = this.#client.Subscribe();
    this.#stream = stream;
    stream.write({ subscriber, withoutEndedSessions, appliedVersion: 0 });
    stream.on('data', (update: PolicyUpdate__Output) => {
      if (this.#lost) log.info('connected to the watcher again');
      this.#lost = false;
      const before = this.current;
      if (update.endedSessions !== undefined) this.#ended.addPacked(update.endedSessions, Math.floor(now() / 1000));
      this.current = applyUpdate(before, update, this.#ended);
      if (this.current !== undefined && this.current !== before) onPolicy?.(this.current, before);
      if (update.version) stream.write({ subscriber, withoutEndedSessions, appliedVersion: update.version });
    });
    // An error is always followed by the status that ends the stream, which is handled below.
    stream.on('error', () => undefined);
    stream.on('status', () => this.#resubscribe());
  }

  #resubscribe(): void {
    if (this.#closed) return;
    if (!this.#lost && this.current !== undefined) {
      this.#options.log.warn('lost the connection to the watcher; keeping its last policy');
      this.#lost = true;
    }
    this.#retry = setTimeout(() => this.#subscribe(), RETRY_MS);
  }
}
