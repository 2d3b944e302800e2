import { randomUUID } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { deny } from '../../core/mcp/denial.ts';
import { NEVER_DENIED } from '../../core/quota/plan.ts';
import type { SlotServiceClient } from '../../protos/gen/mcp_gateway/v1/SlotService.ts';
import { slotClient } from '../../protos/load.ts';
import type { Admission, AdmissionRequest } from '../check/admission.ts';

/** A watcher that does not answer within this time counts nothing: the request goes on. */
const DEADLINE_MS = 250;

/** What is needed to ask for places. */
export interface SlotRuleOptions {
  /** Unix socket of the watcher. */
  watcherSocket: string;
  /** How many gateways there are: each gives out its part of the places, at least one. */
  gateways: () => number;
  /** Told of a request that found no place. */
  onDenied: (request: AdmissionRequest) => void;
}

/** Asks the watcher for a place among what a tenant may have open at once; Envoy's access log gives it back. */
export class SlotRule {
  readonly #client: SlotServiceClient;
  readonly #options: SlotRuleOptions;

  constructor(options: SlotRuleOptions) {
    this.#client = new (slotClient())(`unix:${options.watcherSocket}`, credentials.createInsecure());
    this.#options = options;
  }

  /** The rule that asks for a place; before quotas, so that who finds none is not debited. */
  readonly rule = (request: AdmissionRequest): Admission | Promise<Admission> => {
    const { httpMethod, membership, message, route } = request;
    const { tenant } = membership;
    const stream = httpMethod === 'GET';
    const max = stream ? tenant.quota?.maxStreams : tenant.quota?.maxConcurrent;
    if (max === undefined || route.lane === 'close' || isDiscover(message)) return undefined;
    return this.#admit(request, stream, max);
  };

  /** Gives a place back whose request never went on. */
  release(slot: string): void {
    this.#client.Release({ slot }, { deadline: Date.now() + DEADLINE_MS }, () => undefined);
  }

  close(): void {
    this.#client.close();
  }

  async #admit(request: AdmissionRequest, stream: boolean, max: number): Promise<Admission> {
    const { gateways, onDenied } = this.#options;
    const { name: tenant, quota } = request.membership.tenant;
    const part = Math.max(1, Math.floor(max / gateways()));
    const slot = randomUUID();
    if (await this.#acquire({ slot, tenant, stream, limit: part })) {
      return { headers: {}, slot, undo: () => this.release(slot) };
    }
    if (quota?.dryRun === true) return undefined;
    onDenied(request);
    const what = stream ? 'streams' : 'requests';
    return deny('quota', {
      message: `The tenant has ${max} ${what} open, which is as many as it may; try again when one has ended`,
      data: { tenant, bucket: `open ${what}`, retryAfterSeconds: 1 },
      headers: { 'retry-after': '1' },
    });
  }

  #acquire(request: { slot: string; tenant: string; stream: boolean; limit: number }): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.Acquire(request, { deadline: Date.now() + DEADLINE_MS }, (error, response) => {
        resolve(error !== null || response?.acquired === true);
      });
    });
  }
}

// Alone: in a batch it would let the other messages go by.
function isDiscover({ methods }: AdmissionRequest['message']): boolean {
  return methods.length === 1 && methods[0] === NEVER_DENIED;
}
