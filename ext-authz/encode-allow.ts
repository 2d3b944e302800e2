import { LANES, type Lane } from '../core/lane/lanes.ts';
import { type MetadataKey, metadataKeysOf } from '../core/lane/metadata.ts';
import { OUTPUT_HEADERS, type OutputHeader } from '../core/lane/outputs.ts';
import { clusterName } from '../core/registry/cluster-name.ts';
import type { HeaderValueOption } from '../protos/gen/envoy/config/core/v3/HeaderValueOption.ts';
import type { Value } from '../protos/gen/google/protobuf/Value.ts';
import type { Allow, Findings } from './check/verdict.ts';

type SetHeader = Exclude<keyof typeof OUTPUT_HEADERS, 'credential'>;

/** The value of each header that a decision sets, undefined if a request has none. The credential comes with `upstreamHeaders`. */
const HEADERS: { readonly [key in SetHeader]: (allow: Allow) => string | undefined } = {
  lane: ({ lane }) => lane,
  backend: ({ backend }) => clusterName(backend),
  path: ({ path }) => path,
  affinity: ({ affinity }) => affinity,
  pin: ({ pin }) => (pin === undefined ? undefined : Buffer.from(pin).toString('base64')),
  session: ({ session }) => session?.serverSessionId,
};

/** The value of each entry of the metadata, undefined if a request has none. */
const METADATA: { readonly [key in MetadataKey]: (allow: Allow, findings: Findings) => Value | undefined } = {
  id: (_, { id }) => idOf(id),
  slot: (_, { slot }) => textOf(slot),
  session: ({ session }) => textOf(session?.sealed),
  incarnation: ({ session }) => textOf(session?.incarnation || undefined),
  backend: ({ backend }) => textOf(backend),
  tenant: (_, { membership }) => textOf(membership?.tenant.name),
  principal: (_, { identity }) => textOf(identity?.principal.toString('hex')),
  // Names of roles have no spaces.
  roles: (_, { membership }) => textOf(membership?.roles.join(' ')),
  fingerprint: ({ session }) => textOf(session?.fingerprint),
  issued: ({ session }) => (session === undefined ? undefined : { numberValue: session.issuedAtSeconds }),
  expires: ({ session }) => (session === undefined ? undefined : { numberValue: session.expiresAtSeconds }),
};

/** For each lane the headers that it sets, and those of clients that it must not let on. */
const HEADERS_OF_LANE = byLane((lane) =>
  (Object.keys(HEADERS) as SetHeader[]).flatMap((key) => {
    const { name, lanes, fromClients }: OutputHeader = OUTPUT_HEADERS[key];
    const make = lanes.includes(lane) ? HEADERS[key] : () => undefined;
    return lanes.includes(lane) || fromClients === true ? [{ name, fromClients, make }] : [];
  }),
);

const METADATA_OF_LANE = byLane((lane) => metadataKeysOf(lane).map((key) => ({ key, make: METADATA[key] })));

/** The headers that Envoy sets on an allowed request, and those that it removes: it removes after it has set. */
export function allowHeaders(allow: Allow): { headers: HeaderValueOption[]; headersToRemove: string[] } {
  const headers: HeaderValueOption[] = [];
  const headersToRemove: string[] = [];
  const credential = OUTPUT_HEADERS.credential.name;
  let hasCredential = false;
  for (const { name, value } of allow.upstreamHeaders) {
    headers.push(headerOption(name, value));
    if (name === credential) hasCredential = true;
  }
  if (!hasCredential) headersToRemove.push(credential);
  for (const { name, fromClients, make } of HEADERS_OF_LANE[allow.lane]) {
    const value = make(allow);
    if (value !== undefined) headers.push(headerOption(name, value));
    else if (fromClients) headersToRemove.push(name);
  }
  return { headers, headersToRemove };
}

/** What an allowed request carries for the rest of Envoy and for ext-proc. */
export function allowMetadata(allow: Allow, findings: Findings): Record<string, Value> {
  const fields: Record<string, Value> = {};
  for (const { key, make } of METADATA_OF_LANE[allow.lane]) {
    const value = make(allow, findings);
    if (value !== undefined) fields[key] = value;
  }
  return fields;
}

/** A header that replaces any of its name. */
export function headerOption(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}

// A string in JSON can hold half of a surrogate pair, one in protobuf cannot: Envoy would reject the whole answer.
// A bigint does not fit into a number of the metadata: Envoy's own replies to such a request have no id.
function idOf(id: Findings['id']): Value | undefined {
  return typeof id === 'number' ? { numberValue: id } : textOf(typeof id === 'string' ? id.toWellFormed() : undefined);
}

function textOf(value: string | undefined): Value | undefined {
  return value === undefined ? undefined : { stringValue: value };
}

function byLane<T>(make: (lane: Lane) => T): Readonly<Record<Lane, T>> {
  return Object.fromEntries(LANES.map((lane) => [lane, make(lane)])) as Record<Lane, T>;
}
