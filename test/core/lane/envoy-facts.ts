import { parse } from 'yaml';
import { z } from 'zod';

/** Namespace of the metadata of ext-authz, and the prefix of the gateway's own headers, as Envoy's configuration spells them. */
const NAMESPACE = 'envoy.filters.http.ext_authz';
const EXT_PROC = 'envoy.filters.http.ext_proc';
/** The second ext-proc filter: every route skips it that has no matcher for it. */
const GUARD = 'mcp.ext_proc.streams';
const PINNING = 'envoy.filters.http.stateful_session';

const named = z.looseObject({ name: z.string() });
const route = z.looseObject({
  name: z.string(),
  match: z.looseObject({
    headers: z.array(z.looseObject({ string_match: z.unknown().optional() }).and(named)).default([]),
  }),
  route: z.looseObject({
    cluster: z.string().optional(),
    cluster_header: z.string().optional(),
    hash_policy: z.array(z.looseObject({ header: z.looseObject({ header_name: z.string() }) })).default([]),
  }),
  request_headers_to_remove: z.array(z.string()).default([]),
  response_headers_to_remove: z.array(z.string()).default([]),
  response_headers_to_add: z.array(z.looseObject({ header: z.looseObject({ key: z.string() }) })).default([]),
  typed_per_filter_config: z.record(z.string(), z.looseObject({ disabled: z.boolean().optional() })).default({}),
});
const pattern = z.strictObject({ exact: z.string() }).or(z.strictObject({ prefix: z.string() }));
const manager = z.looseObject({
  early_header_mutation_extensions: z.array(
    z.looseObject({ typed_config: z.looseObject({ mutations: z.array(z.looseObject({})) }) }),
  ),
  route_config: z.looseObject({ virtual_hosts: z.tuple([z.looseObject({ routes: z.array(route) })]) }),
  http_filters: z.array(named.extend({ typed_config: z.looseObject({}) })),
});
const bootstrap = z.looseObject({
  static_resources: z.looseObject({
    listeners: z.tuple([
      z.looseObject({
        filter_chains: z.tuple([z.looseObject({ filters: z.tuple([z.looseObject({ typed_config: manager })]) })]),
      }),
    ]),
  }),
});
const authz = z.looseObject({
  clear_route_cache: z.boolean(),
  failure_mode_allow: z.boolean(),
  with_request_body: z.unknown(),
  allowed_headers: z.strictObject({ patterns: z.array(pattern) }),
});
const callerFirst = authz.pick({ failure_mode_allow: true, allowed_headers: true });
const extProc = z.looseObject({ metadata_options: z.unknown() });
const pinning = z.looseObject({
  session_state: z.looseObject({ typed_config: z.looseObject({ name: z.string() }) }),
});
const router = z.looseObject({
  upstream_http_filters: z.array(
    z.looseObject({
      typed_config: z.looseObject({
        mutations: z
          .looseObject({ request_mutations: z.array(z.looseObject({ remove: z.string().optional() })) })
          .optional(),
      }),
    }),
  ),
});

type Manager = z.output<typeof manager>;
type Route = z.output<typeof route>;

/** What a configuration of Envoy does with the inputs and outputs of ext-authz: one line per fact, sorted. */
export function envoyFacts(text: string): string[] {
  const config = parse(text, { maxAliasCount: 100 }) as unknown;
  const [listener] = bootstrap.parse(config).static_resources.listeners;
  const [{ typed_config: connections }] = listener.filter_chains[0].filters;
  const [{ routes }] = connections.route_config.virtual_hosts;
  const laneRoutes = routes.filter(({ route: { cluster } }) => cluster === undefined);
  const facts = [
    ...metadataFacts(config),
    ...filterFacts(connections),
    ...laneRoutes.flatMap((one) => routeFacts(one, filterConfig(connections, pinning, PINNING))),
    ...connections.early_header_mutation_extensions.flatMap(({ typed_config }) =>
      typed_config.mutations
        .map((mutation) => JSON.stringify(mutation))
        .filter((mutation) => mutation.includes('x-mcp'))
        .map((mutation) => `at the door: ${mutation}`),
    ),
    ...spelled(config).map((name) => `header ${name} is named`),
  ];
  return [...new Set(facts)].sort();
}

function filterConfig<T>(connections: Manager, schema: z.ZodType<T>, name: string): T {
  return schema.parse(connections.http_filters.find((filter) => filter.name === name)?.typed_config);
}

function filterFacts(connections: Manager): string[] {
  const { allowed_headers, with_request_body, clear_route_cache, failure_mode_allow } = filterConfig(
    connections,
    authz,
    NAMESPACE,
  );
  const first = filterConfig(connections, callerFirst, 'mcp.ext_authz.caller');
  const { metadata_options } = filterConfig(connections, extProc, EXT_PROC);
  const { upstream_http_filters } = filterConfig(connections, router, 'envoy.filters.http.router');
  const removed = upstream_http_filters.flatMap(({ typed_config }) => typed_config.mutations?.request_mutations ?? []);
  return [
    ...allowed_headers.patterns.map((one) => `input header ${JSON.stringify(one)}`),
    ...first.allowed_headers.patterns.map((one) => `input header ${JSON.stringify(one)}`),
    `caller first: allowed on failure: ${first.failure_mode_allow}`,
    `body ${JSON.stringify(with_request_body)}`,
    `route chosen anew: ${clear_route_cache}; allowed on failure: ${failure_mode_allow}`,
    `ext-proc gets ${JSON.stringify(metadata_options)}`,
    ...removed.flatMap(({ remove }) => (remove?.startsWith('x-mcp-') ? [`header ${remove}: router removes it`] : [])),
  ];
}

function routeFacts(one: Route, { session_state }: z.output<typeof pinning>): string[] {
  const { name, match, route: action, typed_per_filter_config: filters } = one;
  const enabled = (filter: string) => filters[filter]?.disabled !== true;
  return [
    ...match.headers.map(
      (header) => `header ${header.name}: route match in ${name}: ${JSON.stringify(header.string_match ?? 'absent')}`,
    ),
    `header ${action.cluster_header}: cluster in ${name}`,
    ...action.hash_policy.map(({ header }) => `header ${header.header_name}: ring hash in ${name}`),
    ...(enabled(PINNING) ? [`header ${session_state.typed_config.name}: pinning in ${name}`] : []),
    ...(enabled(EXT_PROC) || filters[GUARD] !== undefined ? [`ext-proc sees ${name}`] : []),
    ...one.request_headers_to_remove.filter(isOurs).map((header) => `header ${header}: route removes it in ${name}`),
    ...one.response_headers_to_remove
      .filter(isOurs)
      .map((header) => `response header ${header}: route removes it in ${name}`),
    ...one.response_headers_to_add
      .map(({ header }) => header.key)
      .map((header) => `response header ${header}: route replaces it in ${name}`),
  ];
}

const isOurs = (header: string) => header.startsWith('x-mcp-') || header.startsWith('mcp-');

/** Every place that reads metadata of ext-authz. */
function metadataFacts(config: unknown): string[] {
  return walk(config).flatMap(({ path, value }) => keysRead(value).map((key) => `metadata ${key}: ${readerAt(path)}`));
}

function keysRead(value: unknown): string[] {
  if (typeof value === 'string') {
    const read = [...value.matchAll(/%DYNAMIC_METADATA\(([^)]*)\)[^%]*%/g)].map(([, what = '']) => what.split(':'));
    return read.flatMap(([namespace, ...keys]) => (namespace === NAMESPACE ? [keys.join(':')] : []));
  }
  const { data } = matcher.safeParse(value);
  return data === undefined ? [] : [data.path.map(({ key }) => key).join(':')];
}

const matcher = z.looseObject({ filter: z.literal(NAMESPACE), path: z.array(z.looseObject({ key: z.string() })) });

/** The part of the configuration that a path leads to. */
function readerAt(path: Path): string {
  const keys = path.map(({ key }) => key);
  if (keys.includes('access_log')) return 'access log';
  if (keys.includes('local_reply_config')) return 'local reply';
  const route = path.find(({ parent }) => parent === 'routes');
  if (route !== undefined && keys.includes('response_headers_to_add')) return `response header in ${route.name}`;
  return keys.join('.');
}

/** Every place that names a header with the reserved prefix. */
function spelled(config: unknown): string[] {
  return walk(config).flatMap(({ value }) =>
    typeof value === 'string' ? [...value.matchAll(/\bx-mcp-[a-z]+/g)].map(([name]) => name) : [],
  );
}

/** The keys that lead to a value, each with its parent key and the `name` of the value there. */
type Path = readonly { key: string; parent: string | undefined; name: unknown }[];

/** Every value in a document, with its path. */
function walk(value: unknown, path: Path = []): { path: Path; value: unknown }[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const parent = path.at(-1)?.key;
  const deeper = inside.flatMap(([key, child]) => walk(child, [...path, { key, parent, name: Object(child).name }]));
  return [{ path, value }, ...deeper];
}
