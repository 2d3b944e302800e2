import { isDeepStrictEqual } from 'node:util';
import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import type { Policy, PolicyBackend, PolicySettings } from '../../core/policy/policy.ts';
import type { PolicyServiceHandlers } from '../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest__Output } from '../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyService } from '../../protos/load.ts';
import { Changes } from '../../runtime/changes.ts';
import { backendToProto } from '../../runtime/policy/convert.ts';
import { settingsToProto } from '../../runtime/policy/convert-settings.ts';

type Stream = ServerDuplexStream<SubscribeRequest__Output, PolicyUpdate>;

/** The state of a subscriber. */
interface SubscriberState {
  /** Whether it was sent the snapshot. */
  greeted: boolean;
  /** Version of the update that is in force there. */
  applied: number;
}

/** A subscriber that does not acknowledge within this time does not delay the others. */
const ACK_TIMEOUT_MS = 1_000;

/** The part of a policy that is published. */
export type PublishedPolicy = Pick<Policy, 'settings' | 'backends'>;

/** Settings of {@link PolicyService}. */
export interface PolicyServiceOptions {
  /** Sessions that were ended before this process started: fingerprint to the second since the epoch from which it may be forgotten. */
  endedSessions: ReadonlyMap<string, number>;
  /** Called for each session that is ended, to remember it across a restart. */
  onEnded: (fingerprint: string, forgetAtSeconds: number) => void;
}

/** Sends the policy to ext-authz and ext-proc, and waits until it is in force there, at most `ACK_TIMEOUT_MS`. */
export class PolicyService {
  readonly #options: PolicyServiceOptions;
  readonly #streams = new Map<Stream, SubscriberState>();
  readonly #changes = new Changes();
  readonly #ended: Map<string, number>;
  #published: PublishedPolicy | undefined;
  #inForce: PublishedPolicy | undefined;
  #version = 0;

  constructor(options: PolicyServiceOptions) {
    this.#options = options;
    this.#ended = new Map(options.endedSessions);
  }

  /** The policy that every subscriber has acknowledged, or took too long to acknowledge; undefined before the first one. */
  get inForce(): PublishedPolicy | undefined {
    return this.#inForce;
  }

  /** Adds `mcp_gateway.v1.PolicyService` to a server. */
  addTo(server: Server): void {
    const handlers: PolicyServiceHandlers = {
      Subscribe: (stream) => this.#accept(stream),
      EndSession: (call, callback) => {
        const { fingerprint = '', forgetAtSeconds = 0 } = call.request.session ?? {};
        this.endSession(fingerprint, Number(forgetAtSeconds)).then(() => callback(null, {}), callback);
      },
    };
    server.addService(policyService(), { ...handlers });
  }

  /** Puts a policy in force; resolves once every subscriber has it, or after `ACK_TIMEOUT_MS`. An unchanged policy is not sent. */
  async publish(settings: PolicySettings, backends: Policy['backends']): Promise<void> {
    const before = this.#published;
    const isKnown = (backend: PolicyBackend) => isDeepStrictEqual(before?.backends.get(backend.name), backend);
    const update: PolicyUpdate = {
      ...(isDeepStrictEqual(settings, before?.settings) ? {} : { settings: settingsToProto(settings) }),
      backends: [...backends.values()].filter((backend) => !isKnown(backend)).map(backendToProto),
      removedBackends: [...(before?.backends.keys() ?? [])].filter((name) => !backends.has(name)),
    };
    const published = { settings, backends };
    this.#published = published;
    if (isChange(update)) await this.#send(update);
    this.#inForce = published;
  }

  /** Ends a session; resolves once every subscriber denies its requests, or after `ACK_TIMEOUT_MS`. */
  async endSession(fingerprint: string, forgetAtSeconds: number): Promise<void> {
    const nowSeconds = Date.now() / 1000;
    for (const [known, forgetAt] of this.#ended) if (forgetAt <= nowSeconds) this.#ended.delete(known);
    this.#ended.set(fingerprint, forgetAtSeconds);
    this.#options.onEnded(fingerprint, forgetAtSeconds);
    await this.#send({ endedSessions: [{ fingerprint, forgetAtSeconds }] });
  }

  #accept(stream: Stream): void {
    const state: SubscriberState = { applied: 0, greeted: false };
    this.#streams.set(stream, state);
    stream.on('data', ({ appliedVersion = 0 }: SubscribeRequest__Output) => {
      state.applied = Number(appliedVersion);
      this.#greet(stream, state);
      this.#changes.wake();
    });
    stream.on('end', () => stream.end());
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#changes.wake();
    });
  }

  #greet(stream: Stream, state: SubscriberState): void {
    if (state.greeted || this.#published === undefined) return;
    state.greeted = true;
    stream.write(this.#snapshot(this.#published));
  }

  #snapshot({ settings, backends }: PublishedPolicy): PolicyUpdate {
    return {
      version: this.#version,
      snapshot: true,
      settings: settingsToProto(settings),
      backends: [...backends.values()].map(backendToProto),
      endedSessions: [...this.#ended].map(([fingerprint, forgetAtSeconds]) => ({ fingerprint, forgetAtSeconds })),
    };
  }

  async #send(update: PolicyUpdate): Promise<void> {
    const version = ++this.#version;
    for (const [stream, state] of this.#streams) {
      if (state.greeted) stream.write({ ...update, version });
      else this.#greet(stream, state);
    }
    await this.#changes.until(
      () => [...this.#streams.values()].every(({ applied }) => applied >= version),
      ACK_TIMEOUT_MS,
    );
  }
}

function isChange({ settings, backends = [], removedBackends = [] }: PolicyUpdate): boolean {
  return settings !== undefined || backends.length > 0 || removedBackends.length > 0;
}
