import { z } from 'zod';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { Resource } from './resources.ts';

/** Objects of one page: so that no answer is huge, however many there are. */
const PAGE = 500;

const items = z.object({
  items: z
    .array(z.unknown())
    .nullish()
    .transform((found) => found ?? []),
});

const page = items.extend({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().default('') }),
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

/**
 * Lists objects of one namespace by one request, without pages.
 *
 * @throws ApiError
 */
export async function listPage(
  client: KubeClient,
  resource: Resource,
  namespace: string,
  selectors: Selectors,
): Promise<unknown[]> {
  const answer = await client.ask({ verb: 'list', resource, namespace, query: { ...selectors } });
  return items.parse(answer).items;
}

async function listPages(options: ListOptions, limit: number | undefined): Promise<string> {
  const { client, resource, namespace, selectors, signal, take } = options;
  let token: string | undefined;
  for (;;) {
    const query = { ...selectors, limit, continue: token };
    const { metadata, items: found } = page.parse(
      await client.ask({ verb: 'list', resource, namespace, query, signal }),
    );
    for (const item of found) take(item);
    if (metadata.continue === '') return metadata.resourceVersion;
    token = metadata.continue;
  }
}
