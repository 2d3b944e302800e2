import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { MAX_BODY_BYTES } from '../../core/lane/inputs.ts';
import { LANES } from '../../core/lane/lanes.ts';
import { MAX_DEPTH } from '../../core/mcp/json-scan.ts';
import { MAX_ENTRIES, MAX_MESSAGES, MAX_NAMES_EFFORT } from '../../core/mcp/list-filter-scan.ts';
import { SLICE_EFFORT } from '../../core/mcp/sliced.ts';
import { ENVOY_CONFIG_FILE } from '../../envoy/bootstrap.ts';
import { SESSION_CACHE_BYTES } from '../../ext-authz/check/session-opener.ts';
import { TOKEN_CACHE_BYTES } from '../../ext-authz/identity/verify.ts';
import { BUDGET_BYTES } from '../../ext-proc/service.ts';
import { MAX_FILE_BYTES } from '../../runtime/files/kind.ts';
import { PROJECT } from '../support/gateway.ts';

const TEXT = readFileSync(join(PROJECT, 'docs', 'architecture.md'), 'utf8');
const [, SECTION = ''] = /\n## Limits in envoy.yaml\n(.*?)\n## /s.exec(TEXT) ?? [];
const [, MEMORY = ''] = /\n## What processes keep in memory\n(.*?)\n## /s.exec(TEXT) ?? [];
const KEPT = MEMORY.split('\n')
  .filter((line) => /^\| (?!process \||-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, , what = '', limit = '', , tests = '']) => ({ what, limit, tests }));
const ROWS = SECTION.split('\n')
  .filter((line) => /^\| (?!what|-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, what = '', limit = '', , tests = '']) => ({ what, limit, tests }));

const config = parse(readFileSync(ENVOY_CONFIG_FILE, 'utf8'), { maxAliasCount: 100 });
const [listener] = config.static_resources.listeners;
const manager = listener.filter_chains[0].filters[0].typed_config;
const routes: { name: string; route?: { timeout?: string; idle_timeout?: string } }[] =
  manager.route_config.virtual_hosts[0].routes;
const lanes = routes.filter(({ name }) => LANES.some((lane) => lane === name));
const filter = (name: string) =>
  manager.http_filters.find((one: { name: string }) => one.name === `envoy.filters.http.${name}`).typed_config;
const runtime = config.layered_runtime.layers[0].static_layer;
const connections = config.overload_manager.resource_monitors.find(({ name }: { name: string }) =>
  name.endsWith('downstream_max_connections'),
).typed_config.max_active_downstream_connections;

const heap = config.overload_manager.resource_monitors.find(({ name }: { name: string }) => name.endsWith('heap'))
  .typed_config.max_heap_size_bytes;

/** `10s` as a person writes it. */
const written = (duration: string) => duration.replace('s', ' s');
const mib = (bytes: number) => `${bytes / 2 ** 20} MiB`;
const thousands = (value: number) => value.toLocaleString('en-US');
const same = (values: readonly (string | undefined)[]) => {
  const [first = '', ...others] = new Set(values);
  expect(others, 'settings that should be equal').to.deep.equal([]);
  return first;
};
/** Seconds until TCP keepalive ends a connection: idle time, and probes at an interval. */
const keepaliveSeconds = () => {
  const option = (name: number) =>
    listener.socket_options.find((one: { level: number; name: number }) => one.level === 6 && one.name === name)
      .int_value;
  return option(4) + option(5) * option(6);
};

interface Bucket {
  tokens_per_fill: number;
  fill_interval: string;
}
const perSecond = ({ tokens_per_fill: tokens, fill_interval: interval }: Bucket) =>
  thousands(tokens / Number.parseFloat(interval));
const rates = (name: string) => {
  const { typed_per_filter_config: filters } = manager.route_config.virtual_hosts[0].routes.find(
    (one: { name: string }) => one.name === name,
  );
  const { token_bucket: all, descriptors } = filters['envoy.filters.http.local_ratelimit'];
  return [`${perSecond(descriptors[0].token_bucket)} a second of one address`, `${perSecond(all)} of all`];
};

/** What the table must say of each row, from the configuration and the code. Rows of other rooms have tests that use the value. */
const EXPECTED: Record<string, string[]> = {
  'request body': [mib(MAX_BODY_BYTES), mib(filter('ext_authz').with_request_body.max_request_bytes)],
  'request headers': [
    `${manager.max_request_headers_kb} KiB`,
    `${manager.common_http_protocol_options.max_headers_count} headers`,
  ],
  'a request without a JWT as bearer token': rates('no-token'),
  'a body of 10,000 bytes to 1 MiB': ['once the token was verified'],
  'memory of Envoy': [`${thousands(heap / 2 ** 20)} MiB`],
  'first byte of a connection, TLS handshake': [written(listener.listener_filters_timeout)],
  'answer to an HTTP/2 ping': [
    `${written(manager.http2_protocol_options.connection_keepalive.timeout)}, asked every ${written(manager.http2_protocol_options.connection_keepalive.interval)}`,
  ],
  'time for request headers': [written(manager.request_headers_timeout)],
  'time for the whole request': [written(manager.request_timeout)],
  'a stream without a byte in either direction': [
    same(lanes.map(({ route }) => route?.idle_timeout)) === '86400s' ? 'one day in a lane' : 'another time in a lane',
    `${written(manager.stream_idle_timeout)} before`,
    `within ${keepaliveSeconds() / 60} minutes`,
  ],
  'total time of a response': [same(lanes.map(({ route }) => route?.timeout)) === '0s' ? 'none' : 'a limit'],
  'idle client connection': [written(manager.common_http_protocol_options.idle_timeout)],
  'client connections': [thousands(connections)],
  'HTTP/2 streams of one connection': [`${manager.http2_protocol_options.max_concurrent_streams}`],
  'answer from ext-authz': [written(filter('ext_authz').grpc_service.timeout)],
  'answer from ext-proc to one message': [written(filter('ext_proc').message_timeout)],
  'answer from the metadata listener': [written(routes.find(({ name }) => name === 'metadata')?.route?.timeout ?? '')],
  'requests that a client resets within about a second, before they are answered': [
    `of the first ${runtime['overload.premature_reset_total_stream_count']}`,
  ],
  'streams that are processed of one read of a connection': [`${runtime['http.max_requests_per_io_cycle']};`],
  'a JSON body that is filtered': [
    `${MAX_DEPTH} deep`,
    `${thousands(MAX_ENTRIES)} entries`,
    `${thousands(MAX_MESSAGES)} messages`,
    `${thousands(MAX_NAMES_EFFORT)} characters`,
  ],
  'responses that ext-proc holds until they can be filtered or sent': [mib(BUDGET_BYTES)],
  'work of ext-proc on one response before others have their turn': [thousands(SLICE_EFFORT)],
  'a file that the gateway reads': [mib(MAX_FILE_BYTES)],
};

const MEMORY_EXPECTED: Record<string, string> = {
  'verified tokens, with their claims': mib(TOKEN_CACHE_BYTES),
  'opened sessions': mib(SESSION_CACHE_BYTES),
  'responses that are held until they can be filtered or sent': mib(BUDGET_BYTES),
};

describe('the tables of limits in docs/architecture.md', () => {
  it('has rows', () => expect(ROWS).to.have.length.greaterThan(15));

  for (const [what, parts] of Object.entries(EXPECTED)) {
    it(`has the value in force: ${what}`, () => {
      const row = ROWS.find((one) => one.what === what);
      for (const part of parts) expect(row?.limit).to.include(part);
    });
  }

  for (const [what, part] of Object.entries(MEMORY_EXPECTED)) {
    it(`has the memory in force: ${what}`, () => {
      expect(KEPT.find((one) => one.what === what)?.limit).to.include(part);
    });
  }

  for (const { what, tests } of [...ROWS, ...KEPT]) {
    it(`names a test: ${what}`, () => {
      const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      expect(names).to.not.be.empty;
      for (const name of names)
        expect(existsSync(join(PROJECT, name)) && name.endsWith('.test.ts'), name).to.equal(true);
    });
  }
});
