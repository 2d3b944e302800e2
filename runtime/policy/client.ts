import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import type { Policy } from '../../core/policy/policy.ts';
import type { PolicyServiceClient } from '../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate__Output } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest } from '../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyClient } from '../../protos/load.ts';
import type { Logger } from '../log.ts';
import { applyUpdate } from './apply.ts';
import { RECONNECT } from './reconnect.ts';

const RETRY_MS = 200;
const END_SESSION_TIMEOUT_MS = 2_000;

/** What a policy client needs. */
export interface PolicyClientOptions {
  /** Unix socket of the watcher. */
  socket: string;
  /** This process, for the watcher's log. */
  subscriber: string;
  log: Logger;
  /** Called after each change, before it is acknowledged to the watcher. */
  onPolicy?: (policy: Policy, before: Policy | undefined) => void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Holds the policy in force. While the watcher is away the last one stays, and the connection is sought again. */
export class PolicyClient {
  /** The policy in force; undefined before the first one came. */
  current: Policy | undefined;
  readonly #options: PolicyClientOptions;
  readonly #client: PolicyServiceClient;
  #stream: ClientDuplexStream<SubscribeRequest, PolicyUpdate__Output> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #lost = false;
  #closed = false;

  constructor(options: PolicyClientOptions) {
    this.#options = options;
    this.#client = new (policyClient())(`unix:${options.socket}`, credentials.createInsecure(), {
      ...RECONNECT,
      // A snapshot holds all backends, and there may be thousands.
      'grpc.max_receive_message_length': 256 << 20,
    });
    this.#subscribe();
  }

  /** Ends a session everywhere; resolves when every worker refuses it. */
  endSession(fingerprint: string, forgetAtSeconds: number): Promise<void> {
    const deadline = Date.now() + END_SESSION_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      this.#client.EndSession({ session: { fingerprint, forgetAtSeconds } }, { deadline }, (error) => {
        error ? reject(error) : resolve();
      });
    });
  }

  /** Leaves the watcher. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#stream?.cancel();
    this.#client.close();
  }

  #subscribe(): void {
    const { subscriber, log, onPolicy, now = Date.now } = this.#options;
    const stream = this.#client.Subscribe();
    this.#stream = stream;
    stream.write({ subscriber, appliedVersion: 0 });
    stream.on('data', (update: PolicyUpdate__Output) => {
      if (this.#lost) log.info('the watcher is back');
      this.#lost = false;
      const before = this.current;
      this.current = applyUpdate(before, update, Math.floor(now() / 1000));
      if (this.current !== undefined) onPolicy?.(this.current, before);
      stream.write({ subscriber, appliedVersion: update.version ?? 0 });
    });
    // An error is always followed by the status that ends the stream, where both are dealt with.
    stream.on('error', () => undefined);
    stream.on('status', () => this.#resubscribe());
  }

  #resubscribe(): void {
    if (this.#closed) return;
    if (!this.#lost && this.current !== undefined) {
      this.#options.log.warn('the watcher is away; its last policy stays in force');
      this.#lost = true;
    }
    this.#retry = setTimeout(() => this.#subscribe(), RETRY_MS);
  }
}
