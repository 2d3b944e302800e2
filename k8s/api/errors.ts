import { z } from 'zod';
import { messageOf, UserError } from '../../core/errors.ts';

/**
 * What an answer of the API server means for whoever asked:
 *
 * | kind             | status, reason                          | what to do                                   |
 * |------------------|-----------------------------------------|----------------------------------------------|
 * | `not-found`      | 404                                     | the object, or its kind, is not there        |
 * | `already-exists` | 409 AlreadyExists                       | read it                                      |
 * | `conflict`       | 409                                     | read it anew, decide anew                    |
 * | `gone`           | 410, 504 with a version that is not yet | list anew                                    |
 * | `unauthorized`   | 401                                     | the credentials are not accepted (any more)  |
 * | `forbidden`      | 403                                     | somebody must give a permission              |
 * | `throttled`      | 429                                     | wait as long as it says                      |
 * | `transient`      | 5xx, no connection, no answer in time   | try again, later each time                   |
 * | `rejected`       | anything else, such as 400, 422; 500    | what was sent is wrong                       |
 * |                  | for an apply that cannot be typed       |                                              |
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
  /** What was tried: `list pods in the namespace mcp`. */
  readonly operation: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The API's own word for it, such as `AlreadyExists`; empty where it gave none. */
  readonly reason: string;
  /** The API's own sentence. */
  readonly detail: string;
  /** How long the API server asks to wait; undefined where it says nothing. */
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

  /** Whether the same request may succeed later without anybody doing anything. */
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

// Server-side apply answers 500 where what was sent has unknown keys, other types, or amounts that are none.
const UNTYPED = /^failed to (?:create typed patch object|convert new object) /;

/** The error for an answer that is none of success: its HTTP status, its Retry-After header and its body. */
export function errorOfAnswer(
  operation: string,
  httpStatus: number,
  retryAfter: string | undefined,
  body: string,
): ApiError {
  return errorOfStatus(operation, parseJson(body), httpStatus, retryAfter, body);
}

/** The error for an object of the kind Status, as a watch sends one in the place of an event. */
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

/** The error for a request that got no answer. */
export function errorOfConnection(operation: string, server: string, cause: unknown): ApiError {
  const detail = `the API server ${server} cannot be reached: ${messageOf(cause)}`;
  return new ApiError({ kind: 'transient', operation, status: 0, detail, cause });
}

/** Whether something that was thrown is an error of the API of one of these kinds. */
export function isApiError(thrown: unknown, ...kinds: ApiErrorKind[]): thrown is ApiError {
  return thrown instanceof ApiError && (kinds.length === 0 || kinds.includes(thrown.kind));
}

/** The same error for the person at a command line. */
export function toUserError(error: ApiError): UserError {
  const hints: Partial<Record<ApiErrorKind, string>> = {
    'not-found': 'Is the CustomResourceDefinition of MCPBackend installed, and the name right?',
    unauthorized: 'The credentials are not accepted: they may have expired, or belong to another cluster.',
    forbidden: `Somebody must give this user or ServiceAccount the permission to ${error.operation}.`,
    transient: 'Is the cluster running, and does the kubeconfig name the right server?',
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
  // 408 is a timeout of the server's own.
  return code >= 500 || code === 408 || code === 0 ? 'transient' : 'rejected';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
