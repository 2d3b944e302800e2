import { formatProblem } from '../../core/document/problems.ts';
import { TENANTS_KEY } from '../../core/registry/installation.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubeClient } from '../api/client.ts';
import { Informer } from '../api/informer.ts';
import { CONFIG_MAPS } from '../api/resources.ts';
import { parseConfigMap } from '../objects/config-maps.ts';
import { type ConditionState, no, unknown, yes } from './condition-states.ts';
import type { EventRecorder } from './events.ts';

/** The ConfigMap and the state of the tenants document in it. */
interface TenantsObject {
  name: string;
  namespace: string;
  uid: string;
  state: ConditionState;
}

/** Reads the ConfigMap and checks its tenants document; undefined if the object is not a ConfigMap. */
export function parseTenantsObject(object: unknown): TenantsObject | undefined {
  const configMap = parseConfigMap(object);
  if (configMap === undefined) return undefined;
  const { name, namespace, uid, data } = configMap;
  return { ...{ name, namespace, uid }, state: tenantsState(name, data[TENANTS_KEY]) };
}

function tenantsState(configMapName: string, text: string | undefined): ConditionState {
  if (text === undefined) {
    return no('InvalidTenants', `the ConfigMap ${configMapName} has no key ${TENANTS_KEY}`);
  }
  const document = parseTenants(text, TENANTS_KEY);
  if (document.ok) return yes('Valid', `the tenants in the ConfigMap ${configMapName} are valid`);
  return no('InvalidTenants', `keeping the last good tenants: ${document.problems.map(formatProblem).join('; ')}`);
}

/** State of the tenants document if its ConfigMap does not exist. */
export function tenantsMissing(configMapName: string): ConditionState {
  return unknown('TenantsMissing', `the ConfigMap ${configMapName} with the tenants does not exist`);
}

/** Watches the ConfigMap of the tenants, and writes an event about it if its document is invalid. */
export class TenantsWatch {
  readonly #informer: Informer<TenantsObject>;
  readonly #configMap: string;

  constructor(parts: {
    client: KubeClient;
    /** Namespace of the gateway. */
    namespace: string;
    configMap: string;
    events: EventRecorder;
    log: Logger;
    onChange: () => void;
  }) {
    const { client, namespace, configMap, events, log, onChange } = parts;
    this.#configMap = configMap;
    this.#informer = new Informer({
      ...{ client, namespace, log },
      resource: CONFIG_MAPS,
      fieldSelector: `metadata.name=${configMap}`,
      parse: parseTenantsObject,
      onChange: () => {
        const object = this.#informer.items.get(configMap);
        if (object?.state.status === 'False') {
          const { reason, message } = object.state;
          events.record(object, { type: 'Warning', reason, note: message });
          log.warn({ namespace, configMap }, message);
        }
        onChange();
      },
    });
  }

  /** Whether the ConfigMap was looked up at least once. */
  get synced(): boolean {
    return this.#informer.synced;
  }

  /** Why it cannot be read at the moment; undefined if it can. */
  get problem(): string | undefined {
    return this.#informer.problem;
  }

  /** State of the tenants document. */
  get state(): ConditionState {
    const object = this.#informer.items.get(this.#configMap);
    return object?.state ?? tenantsMissing(this.#configMap);
  }

  /** Stops watching. */
  close(): void {
    this.#informer.close();
  }
}
