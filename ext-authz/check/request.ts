import type { HeaderInputs } from '../../core/lane/inputs.ts';

/** One HTTP request, free of protobuf: everything that a decision reads. Each part has a row in core/lane/inputs.ts. */
export interface HttpRequest extends HeaderInputs {
  /** Method in upper case. */
  method: string;
  /** Path with query, normalized by Envoy. */
  path: string;
  /** Host header or :authority, as sent. */
  host: string;
  /** Empty if there is none. */
  body: Buffer;
}

/** A request without its body: only the steps that read the message see that. */
export type RequestHead = Omit<HttpRequest, 'body'>;

/** What Envoy shows of a request for the record alone. No decision reads it. */
export interface RequestTrace {
  /** Envoy's id of the request, as in `x-request-id`; empty if there is none. */
  requestId: string;
  /** The W3C `traceparent` header. */
  traceparent: string | undefined;
  /** Address of the client, as Envoy found it; empty if there is none. */
  client: string;
}

/** What the request is for, read from its line and its headers alone. */
export interface Target {
  backend: string;
  /** With its question mark, or empty. */
  query: string;
}
