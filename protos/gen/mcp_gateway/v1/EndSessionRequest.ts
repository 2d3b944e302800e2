// Original file: protos/mcp_gateway/v1/policy.proto

export interface EndSessionRequest {
  /**
   * Fingerprint of the session: 16 bytes that reveal nothing about it.
   */
  'fingerprint'?: (Buffer | Uint8Array | string);
  /**
   * Hash of tenant, caller and backend: 16 bytes.
   */
  'owner'?: (Buffer | Uint8Array | string);
  /**
   * When the session was opened, and from when on it may be forgotten, in seconds since the epoch. In a record, the four parts follow
   * each other, the times as 4 bytes in network byte order.
   */
  'issuedAtSeconds'?: (number);
  'forgetAtSeconds'?: (number);
}

export interface EndSessionRequest__Output {
  /**
   * Fingerprint of the session: 16 bytes that reveal nothing about it.
   */
  'fingerprint'?: (Buffer);
  /**
   * Hash of tenant, caller and backend: 16 bytes.
   */
  'owner'?: (Buffer);
  /**
   * When the session was opened, and from when on it may be forgotten, in seconds since the epoch. In a record, the four parts follow
   * each other, the times as 4 bytes in network byte order.
   */
  'issuedAtSeconds'?: (number);
  'forgetAtSeconds'?: (number);
}
