import { z } from 'zod';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { Resource } from './resources.ts';

/** Objects of one page: so that no answer is huge, however many there are. */
const PAGE = 500;

const page = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().default('') }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

/** Which objects are meant. */
export interface Selectors {
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** What is listed. */
export interface ListOptions {
  client: KubeClient;
  resource: Resource;
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  selectors: Selectors;
  signal: AbortSignal;
  /** Called with each object. */
  take: (object: unknown) => void;
}

/**
 * Lists all objects in pages, as they are now. Gives the version from which a watch goes on.
 *
 * @throws ApiError
 */
export async function listAll(options: ListOptions): Promise<string> {
  try {
    return await listPages(options, PAGE);
  } catch (error) {
    // The pages took so long that the API server forgot the first one: all in one answer then.
    if (!isApiError(error, 'gone')) throw error;
    return listPages(options, undefined);
  }
}

async function listPages(options: ListOptions, limit: number | undefined): Promise<string> {
  const { client, resource, namespace, selectors, signal, take } = options;
  let token: string | undefined;
  for (;;) {
    const query = { ...selectors, limit, continue: token };
    const { metadata, items } = page.parse(await client.ask({ verb: 'list', resource, namespace, query, signal }));
    for (const item of items) take(item);
    if (metadata.continue === '') return metadata.resourceVersion;
    token = metadata.continue;
  }
}
