import { z } from 'zod';
import { messageOf, UserError } from '../../core/errors.ts';

/**
 * What an error answer of the API server means:
 *
 * | kind             | status, reason                           | meaning, or what to do                          |
 * |------------------|------------------------------------------|-------------------------------------------------|
 * | `not-found`      | 404                                      | the object, or its kind, does not exist         |
 * | `already-exists` | 409 AlreadyExists                        | read the object                                 |
 * | `conflict`       | 409                                      | read the object again, and decide again         |
 * | `gone`           | 410, 504 with a version in the future    | list again                                      |
 * | `unauthorized`   | 401                                      | the credentials are not accepted, or expired    |
 * | `forbidden`      | 403                                      | a permission is missing                         |
 * | `throttled`      | 429                                      | wait as long as the server asks                 |
 * | `transient`      | 5xx, no connection, no answer in time    | retry with backoff                              |
 * | `rejected`       | anything else, such as 400 and 422; 500  | the request is invalid                          |
 * |                  | for an apply that does not fit the types |                                                 |
 */
export type ApiErrorKind =
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'gone'
  | 'unauthorized'
  | 'forbidden'
  | 'throttled'
  | 'transient'
  | 'rejected';

/** An operation on the Kubernetes API that failed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  /** The operation, such as `list pods in the namespace mcp`. */
  readonly operation: string;
  /** HTTP status; 0 if no answer came. */
  readonly status: number;
  /** The reason in the Status of the answer, such as `AlreadyExists`; empty if there is none. */
  readonly reason: string;
  /** The message in the Status of the answer. */
  readonly detail: string;
  /** How long the API server asks the client to wait; undefined if it does not. */
  readonly retryAfterMs: number | undefined;

  constructor(fields: {
    kind: ApiErrorKind;
    operation: string;
    status: number;
    reason?: string;
    detail: string;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    const { kind, operation, detail, cause } = fields;
    super(`cannot ${operation}: ${detail}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.operation = operation;
    this.status = fields.status;
    this.reason = fields.reason ?? '';
    this.detail = detail;
    this.retryAfterMs = fields.retryAfterMs;
  }

  /** Whether the same request may succeed later without any change. */
  get retryable(): boolean {
    return this.kind === 'throttled' || this.kind === 'transient';
  }
}

// Kubernetes API conventions, "Response Status Kind".
const status = z.object({
  message: z.string().default(''),
  reason: z.string().default(''),
  code: z.number().default(0),
  details: z
    .object({
      retryAfterSeconds: z.number().optional(),
      causes: z.array(z.object({ reason: z.string().default(''), message: z.string().default('') })).default([]),
    })
    .prefault({}),
});

// Server-side apply answers 500 if the body has unknown keys, wrong types or invalid quantities.
const UNTYPED = /^failed to (?:create typed patch object|convert new object) /;

/** The error for an unsuccessful answer, from its HTTP status, its Retry-After header and its body. */
export function errorOfAnswer(
  operation: string,
  httpStatus: number,
  retryAfter: string | undefined,
  body: string,
): ApiError {
  return errorOfStatus(operation, parseJson(body), httpStatus, retryAfter, body);
}

/** The error for an object of the kind Status, such as a watch sends instead of an event. */
export function errorOfStatus(
  operation: string,
  object: unknown,
  httpStatus = 0,
  retryAfter?: string,
  body = '',
): ApiError {
  const parsed = status.safeParse(object);
  const { message, reason, code, details } = parsed.success ? parsed.data : status.parse({});
  const number = httpStatus === 0 ? code : httpStatus;
  const tooNew = details.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge');
  const afterSeconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const waitSeconds = details.retryAfterSeconds ?? afterSeconds;
  return new ApiError({
    kind: tooNew ? 'gone' : UNTYPED.test(message) ? 'rejected' : kindOf(number, reason),
    operation,
    status: number,
    reason,
    detail: message !== '' ? message : `the API server answered ${number} ${body.slice(0, 200).trim()}`.trim(),
    retryAfterMs: waitSeconds === undefined ? undefined : waitSeconds * 1000,
  });
}

/** The error for a request that got no usable answer. */
export function errorOfConnection(operation: string, server: string, cause: unknown): ApiError {
  const detail = `the API server ${server} cannot be reached: ${messageOf(cause)}`;
  return new ApiError({ kind: 'transient', operation, status: 0, detail, cause });
}

/** Whether a thrown value is an ApiError of one of these kinds; of any kind if none is given. */
export function isApiError(thrown: unknown, ...kinds: ApiErrorKind[]): thrown is ApiError {
  return thrown instanceof ApiError && (kinds.length === 0 || kinds.includes(thrown.kind));
}

/** The same error for the user of a command. */
export function toUserError(error: ApiError): UserError {
  const hints: Partial<Record<ApiErrorKind, string>> = {
    'not-found': 'Check that the CustomResourceDefinition of MCPBackend is installed, and that the name is right.',
    unauthorized:
      'The credentials may have expired, or belong to another cluster. Log in again, or choose another context.',
    forbidden: `Grant this user or ServiceAccount the permission to ${error.operation}.`,
    transient: 'Check that the cluster is running, and that the kubeconfig has the right server.',
  };
  const code = error.kind === 'forbidden' || error.kind === 'unauthorized' ? 'forbidden' : 'cluster-unavailable';
  const hint = hints[error.kind];
  return new UserError(code, error.message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

function kindOf(code: number, reason: string): ApiErrorKind {
  if (code === 404) return 'not-found';
  if (code === 409) return reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
  if (code === 410) return 'gone';
  if (code === 401) return 'unauthorized';
  if (code === 403) return 'forbidden';
  if (code === 429) return 'throttled';
  // 408 is a timeout inside the API server.
  return code >= 500 || code === 408 || code === 0 ? 'transient' : 'rejected';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
