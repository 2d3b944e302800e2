/** One HTTP request as ext_authz describes it, free of protobuf. */
export interface HttpRequest {
  /** Method in upper case. */
  method: string;
  /** Path with query, normalized by Envoy. */
  path: string;
  /** Host header or :authority, as sent. */
  host: string;
  /** By lower-case name; repeated headers are joined with a comma. */
  headers: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  body: Buffer;
  /** Envoy's id of the request, as in `x-request-id`; empty where there is none. */
  id: string;
  /** Address of the client, as Envoy found it out; empty where there is none. */
  client: string;
}

/** What the request is for, read from its line and its headers alone. */
export interface Target {
  backend: string;
  /** With its question mark, or empty. */
  query: string;
}
