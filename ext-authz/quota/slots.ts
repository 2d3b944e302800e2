import { randomUUID } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { deny } from '../../core/mcp/denial.ts';
import { NEVER_DENIED } from '../../core/quota/plan.ts';
import type { SlotServiceClient } from '../../protos/gen/mcp_gateway/v1/SlotService.ts';
import { slotClient } from '../../protos/load.ts';
import { RECONNECT } from '../../runtime/policy/reconnect.ts';
import type { Admission, AdmissionRequest } from '../check/admission.ts';
import { chargeOfDenied } from './admission.ts';

/** If the watcher does not answer within this time, the request continues without being counted. */
const DEADLINE_MS = 250;

/** Options of the slot rule. */
export interface SlotRuleOptions {
  /** Unix socket of the watcher. */
  watcherSocket: string;
  /** Number of gateways. Each has its part of the slots, at least one. */
  gateways: () => number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Acquires a slot from the watcher for each request that counts toward a tenant's maximum. Envoy's access log releases it. */
export class SlotRule {
  readonly #client: SlotServiceClient;
  readonly #options: SlotRuleOptions;

  constructor(options: SlotRuleOptions) {
    this.#client = new (slotClient())(`unix:${options.watcherSocket}`, credentials.createInsecure(), RECONNECT);
    this.#options = options;
  }

  /** Admission rule that takes a slot. It runs before the quota rule, so a request without a slot is not charged. */
  readonly rule = (request: AdmissionRequest): Admission | Promise<Admission> => {
    const { httpMethod, membership, message, route } = request;
    const { tenant } = membership;
    const stream = httpMethod === 'GET';
    const max = stream ? tenant.quota?.maxStreams : tenant.quota?.maxConcurrent;
    if (max === undefined || route.lane === 'close' || isDiscover(message)) return undefined;
    return this.#admit(request, stream, max);
  };

  /** Releases the slot of a request that was denied after all. */
  release(slot: string): void {
    this.#client.Release({ slot }, { deadline: Date.now() + DEADLINE_MS }, () => undefined);
  }

  close(): void {
    this.#client.close();
  }

  async #admit(request: AdmissionRequest, stream: boolean, max: number): Promise<Admission> {
    const { gateways, now = Date.now } = this.#options;
    const { name: tenant, quota } = request.membership.tenant;
    const part = Math.max(1, Math.floor(max / gateways()));
    const slot = randomUUID();
    if (await this.#acquire({ slot, tenant, stream, limit: part })) {
      return { admitted: true, headers: {}, slot, undo: () => this.release(slot) };
    }
    if (quota?.dryRun === true) return undefined;
    const what = stream ? 'streams' : 'requests';
    const denial = deny('quota', {
      message: `The tenant already has ${max} ${what} open, its maximum; try again when one has ended`,
      data: { tenant, bucket: `open ${what}`, retryAfterSeconds: 1 },
      headers: { 'retry-after': '1' },
    });
    return { admitted: false, denial, charge: chargeOfDenied(request, now()) };
  }

  #acquire(request: { slot: string; tenant: string; stream: boolean; limit: number }): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.Acquire(request, { deadline: Date.now() + DEADLINE_MS }, (error, response) => {
        resolve(error !== null || response?.acquired === true);
      });
    });
  }
}

// Only if it is the only method: in a batch it would exempt the other messages.
function isDiscover({ methods }: AdmissionRequest['message']): boolean {
  return methods.length === 1 && methods[0] === NEVER_DENIED;
}
