import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '../../runtime/processes/folder.ts';

/** Writes a shell script that stands in for a program, by default an Envoy of that version, and returns its path. */
export function standIn(
  version: string,
  {
    folder = emptyFolder(),
    name = 'envoy',
    script,
    mode = 0o755,
  }: { folder?: string; name?: string; script?: string; mode?: number } = {},
): string {
  const path = join(folder, name);
  const answer = `echo "$0  version: 9e5580933739775e8bce696a57a2e1bc99368f23/${version}/Clean/RELEASE/BoringSSL"`;
  writeFileSync(path, `#!/bin/sh\n${script ?? answer}\n`, { mode });
  return path;
}
