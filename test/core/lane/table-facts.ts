import { INPUT_HEADERS, type Input, MAX_BODY_BYTES, PLACEMENT_PREFIX } from '../../../core/lane/inputs.ts';
import { LANES, type Lane } from '../../../core/lane/lanes.ts';
import { METADATA, METADATA_NAMESPACE, type MetadataEntry } from '../../../core/lane/metadata.ts';
import {
  OUTPUT_HEADERS,
  type OutputHeader,
  RESERVED_PREFIX,
  RESPONSE_HEADERS,
  type ResponseHeader,
} from '../../../core/lane/outputs.ts';
import { DEAD_ENDS, TOKEN_PATTERN } from '../../../core/lane/token.ts';

/** The tables of core/lane; a test may change a copy. */
export interface Tables {
  inputs: Readonly<Record<string, Input>>;
  headers: Readonly<Record<string, OutputHeader>>;
  responseHeaders: Readonly<Record<string, ResponseHeader>>;
  metadata: Readonly<Record<string, MetadataEntry>>;
}

export const TABLES: Tables = {
  inputs: INPUT_HEADERS,
  headers: OUTPUT_HEADERS,
  responseHeaders: RESPONSE_HEADERS,
  metadata: METADATA,
};

/** What the tables require of Envoy's configuration, in the same form as `envoyFacts`. */
export function tableFacts(tables: Tables, { trustedProxies = false } = {}): string[] {
  const facts = [
    ...inputFacts(tables, trustedProxies),
    ...Object.values(tables.headers).flatMap(headerFacts),
    ...Object.values(tables.responseHeaders).flatMap(responseFacts),
    ...Object.entries(tables.metadata).flatMap(([key, entry]) => metadataFacts(key, entry)),
    `ext-proc gets ${JSON.stringify({ forwarding_namespaces: { untyped: [METADATA_NAMESPACE] } })}`,
    `route chosen anew: true; allowed on failure: false`,
    `at the door: ${JSON.stringify({ remove_on_match: { key_matcher: { prefix: RESERVED_PREFIX } } })}`,
    'caller first: allowed on failure: false',
    // A request without a lane goes to a cluster that does not exist.
    ...DEAD_ENDS.map((route) => `header ${tables.headers.lane?.name}: cluster in ${route}`),
    `header content-length: route match in large-body: ${JSON.stringify({ safe_regex: { regex: '[0-9]{5,6}|10[0-3][0-9]{4}|104[0-7][0-9]{3}|1048[0-4][0-9]{2}|10485[0-6][0-9]|104857[0-6]' } })}`,
    ...['no-token', 'preflight'].map((route) => `header :method: route match in ${route}: {"exact":"OPTIONS"}`),
    `header authorization: route match in no-token: ${JSON.stringify({ safe_regex: { regex: `(?i:bearer) +${TOKEN_PATTERN}` } })}`,
  ];
  return [...new Set(facts)].sort();
}

function inputFacts({ inputs }: Tables, trustedProxies: boolean): string[] {
  const shown = Object.entries(inputs).filter(([, { behindProxies }]) => trustedProxies || behindProxies !== true);
  const patterns = [...shown.map(([exact]) => ({ exact })), { prefix: PLACEMENT_PREFIX }];
  return [
    ...patterns.map((pattern) => `input header ${JSON.stringify(pattern)}`),
    `body ${JSON.stringify({ max_request_bytes: MAX_BODY_BYTES, pack_as_bytes: true })}`,
  ];
}

function headerFacts({ name, readBy, removedBy }: OutputHeader): string[] {
  const read = Object.entries(readBy).flatMap(([reader, lanes]) =>
    reader === 'server'
      ? []
      : lanes.map((lane) => `header ${name}: ${reader} in ${lane}${reader === 'route match' ? exactly(lane) : ''}`),
  );
  const removed =
    removedBy === 'route' ? LANES.map((lane) => `route removes it in ${lane}`) : removedBy ? ['router removes it'] : [];
  const inText = name.startsWith(RESERVED_PREFIX) ? [`header ${name} is named`] : [];
  return [...read, ...removed.map((fact) => `header ${name}: ${fact}`), ...inText];
}

const exactly = (lane: Lane) => `: ${JSON.stringify({ exact: lane })}`;

function responseFacts({ name, removedByRoute, replacedByRoute }: ResponseHeader): string[] {
  return [
    ...removedByRoute.map((lane) => `response header ${name}: route removes it in ${lane}`),
    ...replacedByRoute.map((lane) => `response header ${name}: route replaces it in ${lane}`),
  ];
}

/** Envoy's configuration does not name entries that only other processes read. ext-proc takes part in the lanes in which it reads any. */
function metadataFacts(key: string, { readBy }: MetadataEntry): string[] {
  const {
    'ext-proc': extProc = [],
    'response header': headers = [],
    'local reply': replies,
    'access log': log,
  } = readBy;
  return [
    ...extProc.map((lane) => `ext-proc sees ${lane}`),
    ...headers.map((lane) => `metadata ${key}: response header in ${lane}`),
    ...(replies === undefined ? [] : [`metadata ${key}: local reply`]),
    ...(log === undefined ? [] : [`metadata ${key}: access log`]),
  ];
}
