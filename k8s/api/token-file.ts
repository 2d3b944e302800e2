import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import type { User } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';

/** Name by which the library selects {@link TokenFileAuth} for a user. */
const PROVIDER = 'mcp-gateway-token-file';

const provider = z.object({ name: z.literal(PROVIDER), config: z.object({ path: z.string() }) });

const kubeconfig = z.looseObject({
  users: z
    .array(z.looseObject({ name: z.string(), user: z.looseObject({ tokenFile: z.string().optional() }).nullish() }))
    .nullish(),
});

/**
 * Adds support for `tokenFile` of a kubeconfig user, which @kubernetes/client-node 2.0.1 ignores. As in kubectl, it takes precedence
 * over `token`, and a relative path is resolved from the folder of the kubeconfig.
 *
 * @param users as the library read them
 */
export function withTokenFiles(users: readonly User[], file: string): User[] {
  const parsed = kubeconfig.safeParse(parse(readFileSync(file, 'utf8')));
  const paths = new Map<string, string>();
  for (const { name, user } of parsed.data?.users ?? []) if (user?.tokenFile) paths.set(name, user.tokenFile);
  return users.map((user) => {
    const path = paths.get(user.name);
    if (path === undefined) return user;
    const { token: _, ...rest } = user;
    return { ...rest, authProvider: { name: PROVIDER, config: { path: resolve(dirname(file), path) } } };
  });
}

/** Reads the token of such users for every request, so that replacing the file is enough to rotate it. */
export class TokenFileAuth {
  isAuthProvider({ authProvider }: User): boolean {
    return provider.safeParse(authProvider).success;
  }

  async applyAuthentication({ authProvider }: User, options: RequestOptions): Promise<void> {
    const { path } = provider.parse(authProvider).config;
    const token = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new Error(`the token file ${path} cannot be read: ${messageOf(cause)}`, { cause });
    });
    options.headers = { ...options.headers, Authorization: `Bearer ${token.trim()}` };
  }
}
