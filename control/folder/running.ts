import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { type Endpoint, endpointFileSchema } from '../../core/registry/endpoint.ts';
import type { GetStatusResponse__Output } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { readTextFileSync } from '../../runtime/files/read-sync.ts';
import type { QuotaState } from '../../runtime/policy/quota.ts';
import { type GatewayFacts, readFacts, type StateFolder } from '../../runtime/state/folder.ts';
import { readReplicaRecord } from '../../runtime/state/replica-record.ts';
import type { BackendDetail, BackendHealth, BackendState, ReplicaDetail } from '../installation.ts';

/** Maximum number of users, of backends and of tools in an answer about a quota. */
const TOP = 1_000;
const STATES: readonly BackendState[] = ['serving', 'starting', 'unhealthy', 'draining'];

/** The status of a gateway, or the reason why there is none. */
export class Running {
  readonly publicUrl: string | undefined;
  /** Problems, for display. */
  readonly notes: readonly string[];
  /** Undefined if no gateway answered. */
  readonly status: GetStatusResponse__Output | undefined;

  constructor(notes: readonly string[], publicUrl?: string, status?: GetStatusResponse__Output) {
    this.notes = notes;
    this.publicUrl = publicUrl;
    this.status = status;
  }

  /**
   * The health of a backend.
   *
   * @param backend undefined if its document is rejected
   */
  healthOf(name: string, backend: Backend | undefined, problems: readonly string[]): BackendHealth {
    const reported = this.status?.backends?.find((one) => one.name === name);
    const wanted = backend === undefined ? undefined : backend.urls.length > 0 ? backend.urls.length : backend.replicas;
    const healthy = reported?.endpoints?.filter(({ health }) => health === 'healthy').length;
    const reasons = [...problems, ...(reported?.reasons ?? [])];
    // The gateway may still serve the last good document, but the rejection is what must be fixed.
    if (problems.length > 0) return { state: 'refused', settled: false, healthy, wanted, reasons };
    const state = STATES.find((one) => one === reported?.state);
    const settled = healthy !== undefined && healthy === wanted && state !== 'draining';
    if (state !== undefined) return { state, settled, healthy, wanted, reasons };
    return {
      settled: false,
      state: this.status === undefined ? 'unknown' : 'starting',
      healthy: undefined,
      wanted,
      reasons,
    };
  }
}

/** The gateway that runs with a state folder. Its watcher answers for it. */
export class RunningGateway {
  readonly #state: StateFolder;

  constructor(state: StateFolder) {
    this.#state = state;
  }

  /** @param tenantsFile the tenants document that the gateway must have, or it belongs to another installation */
  async ask(tenantsFile: string): Promise<Running> {
    const facts = this.#factsOf(tenantsFile);
    if (typeof facts === 'string') return new Running([facts]);
    // Loaded on demand: gRPC takes longer to load than everything else.
    const { askStatus } = await import('../../runtime/policy/status.ts');
    try {
      const status = await askStatus(facts.watcherSocket);
      return new Running(
        (status.problems ?? []).map((problem) => `rejected: ${problem}`),
        facts.publicUrl,
        status,
      );
    } catch {
      return new Running([this.#notRunning()]);
    }
  }

  /** Replicas and history of a backend. */
  detail({ status }: Running, name: string, lines: number): BackendDetail {
    const { endpoints = [], history: changes = [] } = status?.backends?.find((one) => one.name === name) ?? {};
    const records = this.#records().filter(({ backend }) => backend === name);
    const withRecord = new Set(records.map(({ id }) => id));
    const published = this.#published(name);
    const incarnationOf = (id: string) => published.find((one) => one.id === id)?.incarnation;
    const replicas = records.map((record): ReplicaDetail => {
      const endpoint = endpoints.find(({ id }) => id === record.id);
      return {
        ...{ id: record.id, address: endpoint?.address, incarnation: incarnationOf(record.id), state: record.state },
        health: endpoint?.health ?? 'unknown',
        restarts: record.restarts,
        startedAt: record.startedAtMs === undefined ? undefined : new Date(record.startedAtMs).toISOString(),
        lastExit: record.lastExit,
        log: record.lines.slice(-lines),
      };
    });
    const withoutRecord = endpoints
      .filter(({ id = '' }) => !withRecord.has(id))
      .map(
        ({ id = '', address, health = 'unknown', reason = '' }): ReplicaDetail => ({
          ...{ id, address, incarnation: undefined, state: reason === '' ? health : `${health}: ${reason}`, health },
          ...{ restarts: undefined, startedAt: undefined, lastExit: undefined, log: [] },
        }),
      );
    const ofProcesses = records.flatMap(({ id, history: entries }) =>
      entries.map(({ time, what }) => ({ time, what: `${id}: ${what}` })),
    );
    const history = [...changes.map(({ time = '', what = '' }) => ({ time, what })), ...ofProcesses].sort((a, b) =>
      a.time < b.time ? -1 : 1,
    );
    return { replicas: [...replicas, ...withoutRecord], history };
  }

  /** The quota of a tenant and its use, or the reason why they are unknown. */
  async quota(tenantsFile: string, tenant: string): Promise<QuotaState | string> {
    const facts = this.#factsOf(tenantsFile);
    if (typeof facts === 'string') return facts;
    const { askQuota } = await import('../../runtime/policy/quota.ts');
    return askQuota(facts.watcherSocket, tenant, TOP).catch(() => this.#notRunning());
  }

  #factsOf(tenantsFile: string): GatewayFacts | string {
    try {
      const facts = readFacts(this.#state);
      if (facts.tenantsFile === tenantsFile) return facts;
      return `the gateway of the state folder ${this.#state.root} has another tenants document (${facts.tenantsFile}); name the right state folder with --state-dir`;
    } catch (error) {
      if (error instanceof UserError) return this.#notRunning();
      throw new Error(messageOf(error));
    }
  }

  #notRunning(): string {
    return `no gateway runs with the state folder ${this.#state.root}, so health is unknown; start it with mcp-gateway up`;
  }

  #published(name: string): readonly Endpoint[] {
    try {
      const text = readTextFileSync(join(this.#state.endpoints, `${name}.json`));
      return endpointFileSchema.parse(JSON.parse(text)).endpoints;
    } catch {
      return [];
    }
  }

  #records() {
    try {
      const files = readdirSync(this.#state.replicas).filter((name) => name.endsWith('.json'));
      return files.sort().flatMap((name) => readReplicaRecord(join(this.#state.replicas, name)) ?? []);
    } catch {
      return [];
    }
  }
}
