import type { Problem } from '../../core/document/problems.ts';
import { TENANTS_KEY } from '../../core/registry/installation.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import { parseConfigMap } from '../objects/config-maps.ts';

/** Reads the tenants document of a ConfigMap; empty if it holds none. */
export function readTenantsText(object: unknown): string | undefined {
  const configMap = parseConfigMap(object);
  return configMap && (configMap.data[TENANTS_KEY] ?? '');
}

/** The tenants of a cluster. If the document is invalid or missing, the last good tenants are kept. */
export class ClusterTenants {
  /** The last good tenants; undefined until a document was valid. */
  current: readonly Tenant[] | undefined;
  problems: readonly Problem[] = [];
  /** Name of the document in messages. */
  readonly source: string;

  constructor(namespace: string, name: string) {
    this.source = `ConfigMap ${namespace}/${name}`;
  }

  /** Applies a document; undefined if the ConfigMap does not exist. */
  update(text: string | undefined): void {
    const kept = this.current === undefined ? '' : '; keeping the last good tenants';
    if (text === undefined || text.trim() === '') {
      const what = text === undefined ? 'does not exist' : `has no key ${TENANTS_KEY}`;
      this.problems = [{ source: this.source, path: '', message: `${what}${kept}` }];
      return;
    }
    const parsed = parseTenants(text, `${this.source}: ${TENANTS_KEY}`);
    if (parsed.ok) this.current = parsed.value;
    this.problems = parsed.ok ? [] : parsed.problems;
  }
}
