import { isDeepStrictEqual } from 'node:util';
import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import type { Policy, PolicyBackend, PolicySettings } from '../../core/policy/policy.ts';
import { UsageBook } from '../../ledger/usage-book.ts';
import type { EndedSession } from '../../protos/gen/mcp_gateway/v1/EndedSession.ts';
import type { GetQuotaRequest__Output } from '../../protos/gen/mcp_gateway/v1/GetQuotaRequest.ts';
import type { GetQuotaResponse } from '../../protos/gen/mcp_gateway/v1/GetQuotaResponse.ts';
import type { GetStatusResponse } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import type { PolicyServiceHandlers } from '../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate } from '../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest__Output } from '../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyService } from '../../protos/load.ts';
import { Changes } from '../../runtime/changes.ts';
import { backendToProto } from '../../runtime/policy/convert.ts';
import { quotaToProto } from '../../runtime/policy/convert-quota.ts';
import { settingsToProto } from '../../runtime/policy/convert-settings.ts';

type Stream = ServerDuplexStream<SubscribeRequest__Output, PolicyUpdate>;

/** What a subscriber has: the snapshot, and the version of the update that is in force there. */
interface SubscriberState {
  greeted: boolean;
  applied: number;
}

/** A worker that does not acknowledge within this time does not hold up the others. */
const ACK_TIMEOUT_MS = 1_000;

/** What the hub needs from the watcher. */
export interface HubOptions {
  status: () => GetStatusResponse;
  /** Sessions that were ended before this process started. */
  endedSessions: ReadonlyMap<string, number>;
  /** Called for each session that is ended, to remember it. */
  onEnded: (fingerprint: string, forgetAtSeconds: number) => void;
}

/** Hands the policy to ext-authz and ext-proc, and knows when it is in force. */
export class PolicyHub {
  readonly #options: HubOptions;
  readonly #streams = new Map<Stream, SubscriberState>();
  readonly #changes = new Changes();
  readonly #ended: Map<string, number>;
  #settings: PolicySettings | undefined;
  #backends: Policy['backends'] = new Map();
  /** Settings that every subscriber has. */
  #inForce: PolicySettings | undefined;
  readonly #usage = new UsageBook();
  #version = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#ended = new Map(options.endedSessions);
  }

  /** Adds `mcp_gateway.v1.PolicyService` to a server. */
  addTo(server: Server): void {
    const handlers: PolicyServiceHandlers = {
      Subscribe: (stream) => this.#accept(stream),
      EndSession: (call, callback) => {
        const { fingerprint = '', forgetAtSeconds = 0 } = call.request.session ?? {};
        this.endSession(fingerprint, Number(forgetAtSeconds)).then(() => callback(null, {}), callback);
      },
      GetStatus: (_call, callback) => callback(null, this.#options.status()),
      ReportUsage: (call, callback) => callback(null, this.#usage.add(call.request)),
      GetQuota: (call, callback) => callback(null, this.#quotaOf(call.request)),
    };
    server.addService(policyService(), { ...handlers });
  }

  /** Puts a policy in force; resolves when every subscriber has it. Nothing is sent where nothing changed. */
  async publish(settings: PolicySettings, backends: Policy['backends']): Promise<void> {
    const update: PolicyUpdate = {};
    if (!isDeepStrictEqual(settings, this.#settings)) update.settings = settingsToProto(settings);
    update.backends = [...backends.values()].filter((backend) => !this.#knows(backend)).map(backendToProto);
    update.removedBackends = [...this.#backends.keys()].filter((name) => !backends.has(name));
    this.#settings = settings;
    this.#backends = backends;
    const changed = update.settings !== undefined || update.backends.length > 0 || update.removedBackends.length > 0;
    if (changed) await this.#send(update);
    this.#inForce = settings;
  }

  /** Ends a session; resolves when every subscriber refuses it. */
  async endSession(fingerprint: string, forgetAtSeconds: number): Promise<void> {
    const nowSeconds = Date.now() / 1000;
    for (const [known, forgetAt] of this.#ended) if (forgetAt <= nowSeconds) this.#ended.delete(known);
    this.#ended.set(fingerprint, forgetAtSeconds);
    this.#options.onEnded(fingerprint, forgetAtSeconds);
    await this.#send({ endedSessions: [{ fingerprint, forgetAtSeconds }] });
  }

  #quotaOf({ tenant = '', top = 0 }: GetQuotaRequest__Output): GetQuotaResponse {
    const { tenants = [], quotas } = this.#inForce ?? {};
    const quota = tenants.find(({ name }) => name === tenant)?.quota;
    return {
      tenants: tenants.map(({ name }) => name),
      backends: [...this.#backends.keys()],
      ...(quota === undefined ? {} : { quota: quotaToProto(quota) }),
      ...this.#usage.answer(tenant, top),
      ...(quotas === undefined ? {} : { redis: quotas.redisUrl !== '', processes: quotas.processes }),
    };
  }

  #knows(backend: PolicyBackend): boolean {
    return isDeepStrictEqual(this.#backends.get(backend.name), backend);
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
    if (state.greeted || this.#settings === undefined) return;
    state.greeted = true;
    stream.write(this.#snapshot(this.#settings));
  }

  #snapshot(settings: PolicySettings): PolicyUpdate {
    const endedSessions: EndedSession[] = [...this.#ended].map(([fingerprint, forgetAtSeconds]) => {
      return { fingerprint, forgetAtSeconds };
    });
    return {
      version: this.#version,
      snapshot: true,
      settings: settingsToProto(settings),
      backends: [...this.#backends.values()].map(backendToProto),
      endedSessions,
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
