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

/** The tenants of a cluster. A document that is wrong, and one that is gone, keep the last good one. */
export class ClusterTenants {
  /** The last good ones; undefined until there were some. */
  current: readonly Tenant[] | undefined;
  problems: readonly Problem[] = [];
  /** What people know the document by. */
  readonly source: string;

  constructor(namespace: string, name: string) {
    this.source = `ConfigMap ${namespace}/${name}`;
  }

  /** Takes in the document; undefined where there is no ConfigMap. */
  update(text: string | undefined): void {
    const then = this.current === undefined ? '' : '; the last good tenants go on';
    if (text === undefined || text.trim() === '') {
      const what = text === undefined ? 'it is not there' : `it has no key ${TENANTS_KEY}`;
      this.problems = [{ source: this.source, path: '', message: `${what}${then}` }];
      return;
    }
    const parsed = parseTenants(text, `${this.source}: ${TENANTS_KEY}`);
    if (parsed.ok) this.current = parsed.value;
    this.problems = parsed.ok ? [] : parsed.problems;
  }
}
