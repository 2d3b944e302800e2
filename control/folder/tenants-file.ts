import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { gatewaySchema } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import { formatProblem } from '../../core/document/problems.ts';
import { messageOf, UserError } from '../../core/errors.ts';

/** The tenants document that a gateway.yaml names. Throws a UserError where that cannot be read. */
export async function tenantsFileOf(configFile: string): Promise<string> {
  const text = await readFile(configFile, 'utf8').catch((cause: unknown) => {
    throw new UserError('missing-file', `${configFile} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const parsed = parseYaml(text, configFile, gatewaySchema);
  if (parsed.ok) return resolve(dirname(configFile), parsed.value.tenants);
  const hint = parsed.problems.map(formatProblem).join('\n');
  throw new UserError('config', `${configFile} has errors; fix them first`, { hint });
}
