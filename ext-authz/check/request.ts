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
  /** Whether the body is longer than the part that Envoy shows. */
  truncated?: boolean;
}

/** A request without its body: only the steps that read the message see that. */
export type RequestHead = Omit<HttpRequest, 'body'>;

/** The target of a request, read from its path alone. */
export interface Target {
  backend: string;
  /** With the question mark, or empty. */
  query: string;
}
