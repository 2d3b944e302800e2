import { z } from 'zod';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { Resource } from './resources.ts';

/** Objects per page, so that no answer is huge, however many objects there are. */
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

/** Selectors of objects. */
export interface Selectors {
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** What to list. */
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
 * Lists all objects in pages. Returns the version from which a watch can continue.
 *
 * @throws ApiError
 */
export async function listAll(options: ListOptions): Promise<string> {
  try {
    return await listPages(options, PAGE);
  } catch (error) {
    // Reading the pages took so long that their continue token expired. Read everything in one answer instead.
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
