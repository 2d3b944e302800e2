import type { Lane } from '../lane/lanes.ts';
import type { Denial } from '../mcp/denial.ts';
import type { NamedItem } from '../mcp/items.ts';
import type { BucketReading } from '../quota/reading.ts';

/** What the gateway decided about one request. The audit log and the usage of tenants derive from this value. */
export interface Decision {
  readonly outcome: { readonly kind: 'allow'; readonly lane: Lane } | Denial;
  readonly httpMethod: string;
  readonly trace: RequestTrace;
  /** Known once the token is verified. */
  readonly user: DecidedUser | undefined;
  /** The tenant for which the user acts. */
  readonly tenant: string | undefined;
  /** Roles of the user in that tenant. */
  readonly roles: readonly string[];
  /** The backend that the request is for; it need not exist. */
  readonly backend: string | undefined;
  /** JSON-RPC methods, in order; empty for GET and DELETE, or if the body was not read. */
  readonly methods: readonly string[];
  /** Tools, prompts and resources that the messages name. */
  readonly items: readonly NamedItem[];
  /** Fingerprint of the session, if it belongs to the user. */
  readonly session: string | undefined;
  /** The slot that the request holds. */
  readonly slot: string | undefined;
  /** Known if the request reached the quotas. */
  readonly charge: Charge | undefined;
  /** Time from Envoy's call to the decision. */
  readonly durationMs: number;
}

/** Inputs of a request that are only recorded: no decision depends on them. */
export interface RequestTrace {
  /** Envoy's id of the request, as in `x-request-id`; empty if there is none. */
  readonly requestId: string;
  /** The W3C `traceparent` header. */
  readonly traceparent: string | undefined;
  /** Address of the client, as Envoy found it; empty if there is none. */
  readonly client: string;
}

/** The user of a {@link Decision}. */
export interface DecidedUser {
  readonly issuer: string;
  readonly subject: string;
  /** The stable hash of issuer and subject. */
  readonly principal: Buffer;
}

/** What a request costs, and the outcome of the quota of its tenant. */
export interface Charge {
  /**
   * - `free`: no bucket applies to it;
   * - `would-refuse`: it was allowed only because of a dry run;
   * - `unavailable`: the store did not answer.
   */
  readonly outcome: 'free' | 'allowed' | 'refused' | 'would-refuse' | 'unavailable';
  /** Messages that cost something. */
  readonly messages: readonly { readonly tool: string | undefined; readonly cost: number }[];
  /** States of the buckets that were asked. */
  readonly readings: readonly BucketReading[];
}
