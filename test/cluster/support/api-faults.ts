/** The requests of the API that a fault applies to. */
export interface FaultTarget {
  /** Default: every method. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Matched against path and query, as sent. Default: every path. */
  path?: RegExp;
  /** Only watches, or only other requests. Default: both. */
  watch?: boolean;
  /** Number of requests that get the fault; further ones pass. Default 1. */
  times?: number;
}

/** What happens to a request instead of its answer. */
export type Fault =
  /** An error answer with a Status, as Kubernetes sends it. */
  | { kind: 'status'; status: number; reason?: string; retryAfterSeconds?: number }
  /** A watch begins and immediately ends with 410 Expired, as with a resourceVersion that is too old. */
  | { kind: 'expired' }
  /** The connection breaks; the API server does not get the request. */
  | { kind: 'reset' }
  /** The API server handles the request, and the connection breaks before the answer. */
  | { kind: 'lost-answer' }
  /** No answer until the fault is removed; then the request is forwarded. */
  | { kind: 'stall' };

/** A fault that was injected. */
export interface Injected {
  /** Number of requests that got it. */
  readonly hits: number;
  /** Removes the fault. Stalled requests are forwarded. */
  remove(): void;
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The body of an error answer. */
export function statusOf(code: number, reason = REASONS[code]) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    reason,
    message: 'injected by the test',
  };
}

/** The last event of a watch whose resourceVersion is too old. */
export const EXPIRED_EVENT = `${JSON.stringify({ type: 'ERROR', object: statusOf(410) })}\n`;

/** True for a request that opens a watch. */
export function isWatch(url: string): boolean {
  return /[?&]watch=(?:true|1)\b/.test(url);
}

class ActiveFault implements Injected {
  readonly fault: Fault;
  hits = 0;
  /** Resolves when the fault is removed. */
  readonly removed: Promise<void>;
  readonly #target: FaultTarget;
  readonly #remove: () => void;

  constructor(target: FaultTarget, fault: Fault, onRemove: (self: ActiveFault) => void) {
    this.#target = target;
    this.fault = fault;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.removed = promise;
    this.#remove = () => {
      onRemove(this);
      resolve();
    };
  }

  takes(method: string, url: string): boolean {
    const { times = 1, watch, ...target } = this.#target;
    return (
      this.hits < times &&
      (target.method === undefined || target.method === method) &&
      (target.path === undefined || target.path.test(url)) &&
      (watch === undefined || watch === isWatch(url))
    );
  }

  remove(): void {
    this.#remove();
  }
}

/** The injected faults. The oldest one that matches a request applies. */
export class Faults {
  readonly #active = new Set<ActiveFault>();

  inject(target: FaultTarget, fault: Fault): Injected {
    const active = new ActiveFault(target, fault, (self) => this.#active.delete(self));
    this.#active.add(active);
    return active;
  }

  /** Takes the fault for a request; undefined if the request passes. */
  take(method: string, url: string): { fault: Fault; removed: Promise<void> } | undefined {
    const found = [...this.#active].find((active) => active.takes(method, url));
    if (found !== undefined) found.hits += 1;
    return found;
  }

  removeAll(): void {
    for (const active of [...this.#active]) active.remove();
  }
}
