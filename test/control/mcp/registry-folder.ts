import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with the documents of a gateway that does not run. */
export interface RegistryFolder {
  folder: string;
  /** Options that choose this installation. */
  options: string[];
  read(path: string): string;
  write(path: string, text: string): void;
  remove(): void;
}

/** A tenants document with comments. */
export const TENANTS = `# Who may use what.
tenants:
  - name: engineering   # us
    match: [{claim: tenant, value: engineering}]
  # those who sell
  - name: sales
    match: [{claim: tenant, value: sales}]
    backends: [wiki]
`;

/** Creates a folder with a gateway.yaml and no backends. */
export function registryFolder(): RegistryFolder {
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-serve-'));
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  mkdirSync(join(folder, 'backends'));
  write('gateway.yaml', 'issuer: development\nbackends: backends\ntenants: tenants.yaml\n');
  write('tenants.yaml', TENANTS);
  return {
    folder,
    options: ['--registry', folder, '--state-dir', join(folder, 'state')],
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
