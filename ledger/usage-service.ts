import type { Server } from '@grpc/grpc-js';
import type { PolicySettings } from '../core/policy/policy.ts';
import type { GetQuotaRequest__Output } from '../protos/gen/mcp_gateway/v1/GetQuotaRequest.ts';
import type { GetQuotaResponse } from '../protos/gen/mcp_gateway/v1/GetQuotaResponse.ts';
import type { UsageServiceHandlers } from '../protos/gen/mcp_gateway/v1/UsageService.ts';
import { usageService } from '../protos/load.ts';
import { quotaToProto } from '../runtime/policy/convert-quota.ts';
import { UsageBook } from './usage-book.ts';

/** The part of the policy that quotas are read from. */
export interface QuotaPolicy {
  settings: Pick<PolicySettings, 'tenants' | 'quotas'>;
  backends: ReadonlyMap<string, unknown>;
}

/** Adds up what ext-authz processes report, and answers what a tenant may use and has used. */
export class UsageService {
  readonly #book = new UsageBook();
  readonly #policy: () => QuotaPolicy | undefined;

  /** @param policy the policy in force; undefined before the first one */
  constructor(policy: () => QuotaPolicy | undefined) {
    this.#policy = policy;
  }

  /** Adds `mcp_gateway.v1.UsageService` to a server. */
  addTo(server: Server): void {
    const handlers: UsageServiceHandlers = {
      ReportUsage: (call, callback) => callback(null, this.#book.add(call.request)),
      GetQuota: (call, callback) => callback(null, this.#quotaOf(call.request)),
    };
    server.addService(usageService(), { ...handlers });
  }

  #quotaOf({ tenant = '', top = 0 }: GetQuotaRequest__Output): GetQuotaResponse {
    const { tenants = [], quotas } = this.#policy()?.settings ?? {};
    const quota = tenants.find(({ name }) => name === tenant)?.quota;
    return {
      tenants: tenants.map(({ name }) => name),
      backends: [...(this.#policy()?.backends.keys() ?? [])],
      ...(quota === undefined ? {} : { quota: quotaToProto(quota) }),
      ...this.#book.answer(tenant, top),
      ...(quotas === undefined ? {} : { redis: quotas.redisUrl !== '', processes: quotas.processes }),
    };
  }
}
