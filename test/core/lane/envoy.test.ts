import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ENVOY_CONFIG_FILE, renderBootstrap } from '../../../envoy/bootstrap.ts';
import { envoyFacts } from './envoy-facts.ts';
import { TABLES, type Tables, tableFacts } from './table-facts.ts';

const CONFIG = readFileSync(ENVOY_CONFIG_FILE, 'utf8');
const FACTS = envoyFacts(CONFIG);
const SETTINGS = { address: '127.0.0.1', port: 1, sockets: { extAuthz: ['a'], extProc: ['b'], metadata: ['c'] } };

describe('core/lane, tables compared with envoy.yaml', () => {
  it('agree with it', () => {
    expect(FACTS).to.deep.equal(tableFacts(TABLES));
  });

  it('agree with the configuration that is written for Envoy, with and without trusted proxies', () => {
    expect(envoyFacts(renderBootstrap(SETTINGS))).to.deep.equal(tableFacts(TABLES));
    const behindProxies = renderBootstrap({ ...SETTINGS, trustedProxies: ['10.0.0.0/8'] });
    expect(envoyFacts(behindProxies)).to.deep.equal(tableFacts(TABLES, { trustedProxies: true }));
  });

  describe('disagree once envoy.yaml', () => {
    const metadata = (key: string) => `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:${key})%`;
    for (const [what, from, to] of [
      ['shows another header', '{exact: origin}', '{exact: origin}, {exact: user-agent}'],
      ['shows more headers', '{exact: origin}', '{prefix: origin}'],
      ['shows one header less', '{exact: x-tenant}, ', ''],
      ['shows other headers that place requests', '{prefix: mcp-param-}', '{prefix: mcp-}'],
      ['shows less of a body', 'max_request_bytes: 1048576', 'max_request_bytes: 65536'],
      ['shows a part of a long body', 'pack_as_bytes: true', 'pack_as_bytes: true, allow_partial_message: true'],
      ['reads other metadata in its replies', metadata('id'), metadata('request')],
      ['reads metadata in another place', 'stat_prefix: mcp', `stat_prefix: "${metadata('id')}"`],
      ['gives clients another session id', metadata('session'), metadata('fingerprint')],
      [
        'gives clients of one lane no session id',
        'response_headers_to_add: *client-session\n                typed_per_filter_config: {envoy.filters.http.ext_proc: *see',
        'typed_per_filter_config: {envoy.filters.http.ext_proc: *see',
      ],
      ['no longer reads the incarnation', 'path: [{key: incarnation}]', 'path: [{key: process}]'],
      ['logs other requests', 'path: [{key: slot}]', 'path: [{key: session}]'],
      ['forwards another namespace', 'untyped: [envoy.filters.http.ext_authz]', 'untyped: []'],
      ['has another lane', 'exact: close}', 'exact: closing}'],
      ['lacks a lane', /- name: close\n[\s\S]*?(?=# stateless)/, ''],
      ['finds the cluster elsewhere', 'cluster_header: x-mcp-backend', 'cluster_header: x-mcp-cluster'],
      ['hashes another header', 'header_name: x-mcp-affinity', 'header_name: x-request-id'],
      ['pins by another header', 'HeaderBasedSessionState, name: x-mcp-pin', 'HeaderBasedSessionState, name: x-pin'],
      ['shows ext-proc another lane', '{envoy.filters.http.ext_proc: *no-ext-proc}', '{}'],
      ['leaves the lane to servers', '&internal [x-mcp-lane, ', '&internal ['],
      ['leaves the affinity to servers', '{remove: x-mcp-affinity}, ', ''],
      ['leaves the pin to clients', '&not-for-clients [x-mcp-pin]', '&not-for-clients []'],
      ["leaves a server's session id to clients", '[x-mcp-pin, mcp-session-id]', '[x-mcp-pin]'],
      ["keeps clients' headers with the reserved prefix", 'prefix: x-mcp-}', 'prefix: x-mcp-lane}'],
      ['names a header that is never set', 'stat_prefix: mcp', 'stat_prefix: x-mcp-other'],
      ['keeps the route that a client asked for', 'clear_route_cache: true', 'clear_route_cache: false'],
      [
        'asks for bodies of callers whose token was not checked',
        'failure_mode_allow: false',
        'failure_mode_allow: true',
      ],
      [
        'allows requests that ext-authz did not answer',
        'failure_mode_allow: false\n              # Distinguishes',
        'failure_mode_allow: true\n              # Distinguishes',
      ],
    ] as const) {
      it(what, () => {
        const doctored = CONFIG.replace(from, to);
        expect(doctored).to.not.equal(CONFIG);
        expect(envoyFacts(doctored)).to.not.deep.equal(tableFacts(TABLES));
      });
    }
  });

  describe('disagree once they', () => {
    const differs = (changed: Partial<Tables>) =>
      expect(tableFacts({ ...TABLES, ...changed })).to.not.deep.equal(FACTS);
    /** Entries that only the server or ext-proc reads, so that Envoy's configuration does not name them. */
    const UNSPELLED: Readonly<Partial<Record<keyof Tables, readonly string[]>>> = {
      inputs: ['x-forwarded-for'],
      headers: ['path', 'credential', 'session'],
      metadata: ['backend', 'tenant', 'principal', 'roles', 'fingerprint', 'issued', 'expires'],
    };
    for (const part of Object.keys(TABLES) as (keyof Tables)[]) {
      for (const key of Object.keys(TABLES[part])) {
        if (UNSPELLED[part]?.includes(key)) continue;
        it(`lack ${key} in ${part}`, () => {
          const { [key]: _, ...others } = TABLES[part] as Record<string, never>;
          differs({ [part]: others });
        });
      }
    }
    it('have another input', () => differs({ inputs: { ...TABLES.inputs, cookie: { use: 'decides', why: '' } } }));
    it('have another output', () => {
      const more = { name: 'x-mcp-more', lanes: [], readBy: { 'ring hash': ['open'] } } as const;
      differs({ headers: { ...TABLES.headers, more } });
    });
    it('have another entry of the metadata', () => {
      differs({ metadata: { ...TABLES.metadata, more: { lanes: [], readBy: { 'access log': [] } } } });
    });
    it('have ext-proc read in another lane', () => {
      differs({ metadata: { ...TABLES.metadata, more: { lanes: [], readBy: { 'ext-proc': ['session'] } } } });
    });
  });
});
