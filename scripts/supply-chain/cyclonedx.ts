import type { LockFile } from './lock-file.ts';

interface Component {
  type: 'library';
  'bom-ref': string;
  name: string;
  version: string;
  purl: string;
  scope: 'required' | 'optional';
  licenses?: { license: { name: string } }[];
  hashes: { alg: string; content: string }[];
}

/** A software bill of materials: CycloneDX 1.5, https://cyclonedx.org/docs/1.5/json/. */
export interface Bom {
  bomFormat: 'CycloneDX';
  specVersion: '1.5';
  version: 1;
  metadata: { component: { type: 'application'; 'bom-ref': string; name: string; version: string; purl: string } };
  components: Component[];
}

/**
 * What a lock file installs, in the order of the package URLs. Equal lock files give equal documents: there is neither a time nor a serial number.
 * @throws Error if a package has no hash
 */
export function billOfMaterials(root: { name: string; version: string }, lock: LockFile): Bom {
  const components = new Map<string, Component>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const name = path.split('node_modules/').at(-1) ?? '';
    const { version = '', integrity, license, optional } = entry;
    if (integrity === undefined) throw new Error(`${path} has no hash in package-lock.json`);
    const purl = purlOf(name, version);
    components.set(purl, {
      ...{ type: 'library', 'bom-ref': purl, name, version, purl },
      scope: optional === true ? 'optional' : 'required',
      ...(license !== undefined && { licenses: [{ license: { name: license } }] }),
      hashes: [hashOf(integrity)],
    });
  }
  const purl = purlOf(root.name, root.version);
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    metadata: { component: { type: 'application', 'bom-ref': purl, name: root.name, version: root.version, purl } },
    components: [...components.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
}

/** A package URL (https://github.com/package-url/purl-spec): the `@` of a scope is encoded. */
const purlOf = (name: string, version: string) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

// Subresource integrity: `sha512-` and base64.
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = '', value = ''] = integrity.split(/-(.*)/s);
  return { alg: algorithm.replace(/^sha/, 'SHA-'), content: Buffer.from(value, 'base64').toString('hex') };
}
