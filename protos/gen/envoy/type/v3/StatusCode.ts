// Original file: protos/envoy/type/v3/http_status.proto

export const StatusCode = {
  Empty: 'Empty',
  OK: 'OK',
  Accepted: 'Accepted',
  NoContent: 'NoContent',
  BadRequest: 'BadRequest',
  Unauthorized: 'Unauthorized',
  Forbidden: 'Forbidden',
  NotFound: 'NotFound',
  MethodNotAllowed: 'MethodNotAllowed',
  NotAcceptable: 'NotAcceptable',
  Conflict: 'Conflict',
  Gone: 'Gone',
  PayloadTooLarge: 'PayloadTooLarge',
  UnsupportedMediaType: 'UnsupportedMediaType',
  MisdirectedRequest: 'MisdirectedRequest',
  TooManyRequests: 'TooManyRequests',
  RequestHeaderFieldsTooLarge: 'RequestHeaderFieldsTooLarge',
  InternalServerError: 'InternalServerError',
  NotImplemented: 'NotImplemented',
  BadGateway: 'BadGateway',
  ServiceUnavailable: 'ServiceUnavailable',
  GatewayTimeout: 'GatewayTimeout',
} as const;

export type StatusCode =
  | 'Empty'
  | 0
  | 'OK'
  | 200
  | 'Accepted'
  | 202
  | 'NoContent'
  | 204
  | 'BadRequest'
  | 400
  | 'Unauthorized'
  | 401
  | 'Forbidden'
  | 403
  | 'NotFound'
  | 404
  | 'MethodNotAllowed'
  | 405
  | 'NotAcceptable'
  | 406
  | 'Conflict'
  | 409
  | 'Gone'
  | 410
  | 'PayloadTooLarge'
  | 413
  | 'UnsupportedMediaType'
  | 415
  | 'MisdirectedRequest'
  | 421
  | 'TooManyRequests'
  | 429
  | 'RequestHeaderFieldsTooLarge'
  | 431
  | 'InternalServerError'
  | 500
  | 'NotImplemented'
  | 501
  | 'BadGateway'
  | 502
  | 'ServiceUnavailable'
  | 503
  | 'GatewayTimeout'
  | 504

export type StatusCode__Output = typeof StatusCode[keyof typeof StatusCode]
