import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { LANES } from '../../core/lane/lanes.ts';
import { findEnvoy } from '../../envoy/binary/find.ts';
import { ENVOY_CONFIG_FILE, renderBootstrap } from '../../envoy/bootstrap.ts';
import { cacheDir } from '../../runtime/paths.ts';

/** Extensions that Envoy marks as work in progress, and warns about. See decision 049. */
const IN_PROGRESS = ['CustomResponse', 'LocalResponsePolicy'];

const run = promisify(execFile);
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}.sock`);

/** The fields of a route that are checked. */
interface Route {
  name: string;
  route?: { timeout?: string; idle_timeout?: string };
}

describe("Envoy's configuration", function () {
  this.timeout(120_000);

  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const rendered = (address: string) =>
    renderBootstrap({
      address,
      port: 0,
      sockets: { extAuthz: numbered('a', 5), extProc: numbered('p', 1), metadata: numbered('m', 5) },
    });
  let envoy: string;

  const validate = async (file: string) => {
    const { stdout, stderr } = await run(envoy, ['--mode', 'validate', '-c', file, '--log-level', 'warn'], {
      cwd: folder,
    });
    const known = (line: string) =>
      line.includes('marked as work-in-progress') && IN_PROGRESS.some((name) => line.includes(`.v3.${name}' `));
    const warnings = stderr.split('\n').filter((line) => line !== '' && !known(line));
    return { ok: /configuration '.*' OK/.test(stdout), warnings };
  };

  before(async () => {
    const { env } = process;
    ({ path: envoy } = await findEnvoy({ environment: env, cacheDir: cacheDir(env), progress: () => undefined }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is valid as it is delivered', async () => {
    expect(await validate(ENVOY_CONFIG_FILE)).to.deep.equal({ ok: true, warnings: [] });
  });

  for (const address of ['127.0.0.1', '::1', '0.0.0.0']) {
    it(`is valid as it is rendered for ${address}`, async () => {
      const file = join(folder, 'envoy.yaml');
      writeFileSync(file, rendered(address));
      expect(await validate(file)).to.deep.equal({ ok: true, warnings: [] });
    });
  }

  it('is not valid with a mistake in it', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, readFileSync(ENVOY_CONFIG_FILE, 'utf8').replace('stat_prefix: mcp', 'stat_prefixes: mcp'));
    const failure = await validate(file).catch((error: unknown) => String(error));
    expect(failure).to.match(/stat_prefixes/);
  });

  it('has no time limit for responses of any lane, and allows silence for an hour', () => {
    const config = parse(rendered('127.0.0.1'), { maxAliasCount: 100 });
    const [filter] = config.static_resources.listeners[0].filter_chains[0].filters;
    const routes: Route[] = filter.typed_config.route_config.virtual_hosts[0].routes;
    const lanes = routes.filter(({ name }) => LANES.some((lane) => lane === name));
    expect(lanes).to.have.length(LANES.length);
    for (const { name, route } of lanes) {
      expect(route?.timeout, name).to.equal('0s');
      expect(Number.parseInt(route?.idle_timeout ?? '', 10), name).to.be.at.least(3600);
    }
    expect(filter.typed_config).to.not.have.property('max_stream_duration');
    expect(filter.typed_config.common_http_protocol_options).to.not.have.any.keys(
      'max_stream_duration',
      'max_connection_duration',
    );
  });

  it('has filtered lanes that differ from the plain ones only in the response', () => {
    const config = parse(rendered('127.0.0.1'), { maxAliasCount: 100 });
    const [filter] = config.static_resources.listeners[0].filter_chains[0].filters;
    const routes: Record<string, unknown>[] = filter.typed_config.route_config.virtual_hosts[0].routes;
    const lane = (name: string) => {
      const found = routes.find((route) => route.name === name) ?? {};
      const {
        name: _name,
        match: _match,
        request_headers_to_remove: removed,
        typed_per_filter_config,
        ...rest
      } = found;
      const {
        'envoy.filters.http.ext_proc': extProc,
        'mcp.ext_proc.streams': streams,
        ...filters
      } = Object(typed_per_filter_config);
      return { rest, filters, removed: removed as string[], extProc, streams };
    };
    for (const name of ['session', 'stateless']) {
      const [plain, filtered] = [lane(name), lane(`${name}-filtered`)];
      expect(filtered.rest, name).to.deep.equal(plain.rest);
      expect(filtered.filters, name).to.deep.equal(plain.filters);
      expect(filtered.removed, name).to.have.members([...plain.removed, 'accept-encoding']);
      expect(plain.extProc.disabled).to.equal(true);
      expect(filtered.extProc.overrides.processing_mode).to.include({
        response_header_mode: 'SEND',
        response_body_mode: 'FULL_DUPLEX_STREAMED',
        response_trailer_mode: 'SEND',
      });
      const guarded = lane(`${name}-guarded`);
      expect({ ...guarded, streams: undefined }).to.deep.equal({ ...plain, removed: filtered.removed });
      expect(guarded.streams).to.be.an('object');
      expect([plain.streams, filtered.streams]).to.deep.equal([undefined, undefined]);
      // The second filter has the settings of the first, and the processing mode of the filtered lanes.
      const filters: { name: string; typed_config: Record<string, unknown> }[] = filter.typed_config.http_filters;
      const named = (wanted: string) => filters.find((one) => one.name === wanted)?.typed_config;
      const { extension_config: inner } = Object(named('mcp.ext_proc.streams'));
      expect(inner.typed_config).to.deep.equal({
        ...named('envoy.filters.http.ext_proc'),
        processing_mode: filtered.extProc.overrides.processing_mode,
      });
    }
  });

  it('has a socket for each process', () => {
    const { clusters } = parse(rendered('127.0.0.1'), { maxAliasCount: 100 }).static_resources;
    const pipes = (name: string) =>
      clusters
        .find((cluster: { name: string }) => cluster.name === name)
        .load_assignment.endpoints[0].lb_endpoints.map(
          ({ endpoint }: { endpoint: { address: { pipe: { path: string } } } }) => endpoint.address.pipe.path,
        );
    expect(pipes('ext-authz')).to.deep.equal(numbered('a', 5));
    expect(pipes('ext-proc')).to.deep.equal(numbered('p', 1));
    expect(pipes('metadata')).to.deep.equal(numbered('m', 5));
  });
});
