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

/** The document as it was read. */
interface TenantsObject {
  name: string;
  namespace: string;
  uid: string;
  verdict: ConditionState;
}

/** Reads the ConfigMap and judges what it says; undefined where it is none. */
export function parseTenantsObject(object: unknown): TenantsObject | undefined {
  const configMap = parseConfigMap(object);
  if (configMap === undefined) return undefined;
  const { name, namespace, uid, data } = configMap;
  return { ...{ name, namespace, uid }, verdict: judgeTenants(name, data[TENANTS_KEY]) };
}

function judgeTenants(configMapName: string, text: string | undefined): ConditionState {
  if (text === undefined) {
    return no('InvalidTenants', `the ConfigMap ${configMapName} has no key ${TENANTS_KEY}`);
  }
  const document = parseTenants(text, TENANTS_KEY);
  if (document.ok) return yes('Valid', `the tenants in the ConfigMap ${configMapName} are sound`);
  return no('InvalidTenants', `the last good tenants go on: ${document.problems.map(formatProblem).join('; ')}`);
}

/** Watches the ConfigMap of the tenants, and tells on it what is wrong with it. */
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
        if (object?.verdict.status === 'False') {
          const { reason, message } = object.verdict;
          events.tell(object, { type: 'Warning', reason, note: message });
          log.warn({ namespace, configMap }, message);
        }
        onChange();
      },
    });
  }

  /** Whether it was looked for once. */
  get synced(): boolean {
    return this.#informer.synced;
  }

  /** Why it cannot be read at the moment. */
  get problem(): string | undefined {
    return this.#informer.problem;
  }

  /** How the document is. */
  get verdict(): ConditionState {
    const object = this.#informer.items.get(this.#configMap);
    return object?.verdict ?? unknown('TenantsMissing', `there is no ConfigMap ${this.#configMap} with the tenants`);
  }

  /** Stops looking. */
  close(): void {
    this.#informer.close();
  }
}
