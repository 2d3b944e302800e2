import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder that is removed when the tests end. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-gateway-test-'));
  folders.push(folder);
  return folder;
}
