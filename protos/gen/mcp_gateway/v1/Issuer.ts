// Original file: protos/mcp_gateway/v1/policy.proto

import type { IssuerClaims as _mcp_gateway_v1_IssuerClaims, IssuerClaims__Output as _mcp_gateway_v1_IssuerClaims__Output } from '../../mcp_gateway/v1/IssuerClaims.ts';
import type { Long } from '@grpc/proto-loader';

export interface Issuer {
  'url'?: (string);
  'audiences'?: (string)[];
  'algorithms'?: (string)[];
  'clockSkewSeconds'?: (number);
  /**
   * Empty: the well-known URL of the issuer.
   */
  'discoveryUrl'?: (string);
  'scopePrefix'?: (string);
  'claims'?: (_mcp_gateway_v1_IssuerClaims | null);
  /**
   * Age in milliseconds after which signing keys no longer count.
   */
  'keysMaxAgeMs'?: (number | string | Long);
}

export interface Issuer__Output {
  'url'?: (string);
  'audiences': (string)[];
  'algorithms': (string)[];
  'clockSkewSeconds'?: (number);
  /**
   * Empty: the well-known URL of the issuer.
   */
  'discoveryUrl'?: (string);
  'scopePrefix'?: (string);
  'claims'?: (_mcp_gateway_v1_IssuerClaims__Output);
  /**
   * Age in milliseconds after which signing keys no longer count.
   */
  'keysMaxAgeMs'?: (number);
}
