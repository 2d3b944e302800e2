import { isDeepStrictEqual } from 'node:util';
import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import type { Policy, PolicyBackend, PolicySettings } from '../../core/policy/policy.ts';
import { type EndedSession, packEnded } from '../../core/session/ended-record.ts';
import type { EndedSessions } from '../../core/session/ended-sessions.ts';
import type { PolicyServiceHandlers } from '../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest__Output } from '../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyService } from '../../protos/load.ts';
import { Changes } from '../../runtime/changes.ts';
import { backendToProto } from '../../runtime/policy/convert.ts';
import { sessionFromProto } from '../../runtime/policy/convert-session.ts';
import { settingsToProto } from '../../runtime/policy/convert-settings.ts';

type Stream = ServerDuplexStream<SubscribeRequest__Output, PolicyUpdate>;

/** The state of a subscriber. */
interface SubscriberState {
  /**
   * `new`: it was sent nothing. `greeting`: it is being sent the ended sessions, and gets each further one. `greeted`: it was sent the
   * snapshot, and gets every change.
   */
  stage: 'new' | 'greeting' | 'greeted';
  /** Whether it is sent the ended sessions. */
  needsEnded: boolean;
  /** Version of the update that is in force there. */
  applied: number;
}

/** A subscriber that does not acknowledge within this time does not delay the others. */
const ACK_TIMEOUT_MS = 1_000;

/** The part of a policy that is published. */
export type PublishedPolicy = Pick<Policy, 'settings' | 'backends'>;

/** Settings of {@link PolicyService}. */
export interface PolicyServiceOptions {
  /** Sessions that were ended before this process started; those that end are added. */
  ended: EndedSessions;
  /** Called for each session that is ended, to remember it across a restart. */
  onEnded: (session: EndedSession) => void;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number;
}

/** Sends the policy to ext-authz and ext-proc, and waits until it is in force there, at most `ACK_TIMEOUT_MS`. */
export class PolicyService {
  readonly #options: PolicyServiceOptions;
  readonly #streams = new Map<Stream, SubscriberState>();
  readonly #changes = new Changes();
  #published: PublishedPolicy | undefined;
  #inForce: PublishedPolicy | undefined;
  #version = 0;

  constructor(options: PolicyServiceOptions) {
    this.#options = options;
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
        this.endSession(sessionFromProto(call.request)).then(() => callback(null, {}), callback);
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
  async endSession(session: EndedSession): Promise<void> {
    const { ended, onEnded, now = Date.now } = this.#options;
    const record = packEnded(session);
    ended.addPacked(record, Math.floor(now() / 1000));
    onEnded(session);
    await this.#send({ endedSessions: record });
  }

  #accept(stream: Stream): void {
    const state: SubscriberState = { applied: 0, stage: 'new', needsEnded: true };
    this.#streams.set(stream, state);
    stream.on('data', ({ appliedVersion = 0, withoutEndedSessions = false }: SubscribeRequest__Output) => {
      state.applied = Number(appliedVersion);
      state.needsEnded = !withoutEndedSessions;
      void this.#greet(stream, state);
      this.#changes.wake();
    });
    stream.on('end', () => stream.end());
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#changes.wake();
    });
  }

  // The snapshot comes last: a process serves once it has a policy, and by then it must know every session that was ended.
  async #greet(stream: Stream, state: SubscriberState): Promise<void> {
    if (state.stage !== 'new' || this.#published === undefined) return;
    state.stage = 'greeting';
    for (const endedSessions of state.needsEnded ? this.#options.ended.packed() : []) {
      await written(stream, { endedSessions });
      if (!this.#streams.has(stream)) return;
    }
    state.stage = 'greeted';
    stream.write(this.#snapshot(this.#published));
  }

  #snapshot({ settings, backends }: PublishedPolicy): PolicyUpdate {
    return {
      version: this.#version,
      snapshot: true,
      settings: settingsToProto(settings),
      backends: [...backends.values()].map(backendToProto),
    };
  }

  async #send(update: PolicyUpdate): Promise<void> {
    const version = ++this.#version;
    const { endedSessions } = update;
    const isConcerned = ({ needsEnded }: SubscriberState) => endedSessions === undefined || needsEnded;
    for (const [stream, state] of this.#streams) {
      if (!isConcerned(state)) continue;
      if (state.stage === 'greeted') stream.write({ ...update, version });
      // Without a version: an acknowledgement would include changes that the snapshot has yet to bring.
      else if (state.stage === 'greeting' && endedSessions !== undefined) stream.write({ endedSessions });
      else void this.#greet(stream, state);
    }
    await this.#changes.until(
      () => [...this.#streams.values()].every((state) => state.applied >= version || !isConcerned(state)),
      ACK_TIMEOUT_MS,
    );
  }
}

// Until the stream has taken the update, or ends. So there is never more than one part in memory for each stream.
function written(stream: Stream, update: PolicyUpdate): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('close', done);
      resolve();
    };
    stream.on('close', done);
    stream.write(update, done);
  });
}

function isChange({ settings, backends = [], removedBackends = [] }: PolicyUpdate): boolean {
  return settings !== undefined || backends.length > 0 || removedBackends.length > 0;
}
