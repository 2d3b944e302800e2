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
}

/** What the request is for, read from its line and its headers alone. */
export interface Target {
  backend: string;
  /** With its question mark, or empty. */
  query: string;
}
