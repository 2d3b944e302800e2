import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { askQuota, type QuotaState } from '../../runtime/policy/quota.ts';
import { readFacts, type StateFolder } from '../../runtime/state/folder.ts';
import type { QuotaSource } from '../installation.ts';
import { unknownTenant } from '../tenants/quota-edit.ts';
import { readGateway } from './files.ts';
import { tenantsFile } from './tenants-file.ts';

/** Maximum number of users, of backends and of tools in an answer about a quota. */
const TOP = 1_000;

/** The quotas of a gateway that runs on this machine. */
export interface RunningQuotas extends QuotaSource {
  /**
   * The quota in force and its use.
   *
   * @throws UserError `not-running` if the gateway does not answer, `usage` if it has no such tenant
   */
  inForce(tenant: string): Promise<QuotaState>;
}

/**
 * The quotas of the gateway that runs with a state folder, whichever gateway.yaml it was started with.
 *
 * @throws UserError `not-running` if no gateway was started with it; the methods also if it does not answer
 */
export function quotasOfGateway(state: StateFolder): RunningQuotas {
  const { tenantsFile: file, watcherSocket } = readFacts(state);
  const ask = (tenant: string) =>
    askQuota(watcherSocket, tenant, TOP).catch((cause: unknown) => {
      throw new UserError('not-running', `no gateway runs with the state folder ${state.root}`, {
        hint: 'Start it with mcp-gateway up. --config gateway.yaml changes the tenants document without one.',
        cause,
      });
    });
  return {
    tenants: tenantsFile(file, async () => file),
    quotaState: async (tenant) => {
      const answer = await ask(tenant);
      return { state: answer, inForce: [answer.quota], complete: true, notes: [] };
    },
    list: async () => ({ backends: (await ask('')).backends.map((name) => ({ name })) }),
    inForce: async (tenant) => {
      const answer = await ask(tenant);
      if (!answer.tenants.includes(tenant)) throw unknownTenant(tenant, answer.tenants);
      return answer;
    },
  };
}

/** The quotas in the tenants document that a gateway.yaml names. No gateway is asked, so their use is unknown. */
export async function quotasOfDocument(configFile: string): Promise<QuotaSource> {
  const { tenants: file } = await readGateway(resolve(configFile));
  return {
    tenants: tenantsFile(file, async () => file),
    quotaState: async () => ({ state: undefined, inForce: [], complete: false, notes: [] }),
    list: async () => undefined,
  };
}
