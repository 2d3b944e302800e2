import { type Denial, denialBody, deny, type RequestId } from '../../core/mcp/denial.ts';
import { type Filtered, filterLists } from '../../core/mcp/list-filter.ts';
import type { MaySee } from '../../core/mcp/list-filter-scan.ts';
import { Effort, type Sliced } from '../../core/mcp/sliced.ts';
import { SseFilter } from '../../core/mcp/sse-filter.ts';
import { type BodyHeaders, bodyKindOf } from './body-kind.ts';
import type { Holder } from './budget.ts';
import { JsonBody, UnreadableBody, type WholeBody } from './whole-body.ts';

/** Maximum size of a JSON body or event that is passed on. */
const MAX_BYTES = 16 << 20;

/** Headers that describe the body as the server sent it. */
const STALE = ['content-length', 'content-md5', 'content-digest', 'repr-digest', 'digest', 'etag'];

const UNREADABLE = deny('unreadable-answer');
const OTHER_CHARSET = deny('unreadable-charset');
const NO_MEMORY = deny('lists-in-use');
const UNKNOWN_POLICY = deny('unavailable', { headers: { 'retry-after': '1' } });

/** What the log says about a body of an unreadable kind. */
const REASONS = {
  type: 'the body is neither plain JSON nor an event stream',
  encoding: 'the body has a Content-Encoding',
  charset: 'the charset of the body is not UTF-8',
} as const;

/** What the log says about a response that is not filtered because too much is being filtered. */
const OVER_BUDGET = 'the responses of the caller that are being filtered are too large together';

/** The head of a response. */
export interface ResponseHead extends BodyHeaders {
  status: number;
  /** The response has no body. */
  endOfStream: boolean;
}

/** What Envoy does next. */
export type FilterStep =
  | { kind: 'head'; set: Readonly<Record<string, string>>; remove: readonly string[] }
  | { kind: 'body'; bytes: Buffer; endOfStream: boolean }
  | { kind: 'trailers' };

/** Options of a response filter. */
export interface ResponseFilterOptions {
  /** What the caller may see under the current policy; undefined if that is not known. */
  maySee: () => MaySee | undefined;
  /** Id of the request; null if it is not known. */
  id: RequestId;
  /** Called once, with the reason that something was held back. */
  onRejected: (reason: string) => void;
  /** What the response takes of the memory for such responses. Default: as much as it needs. */
  holder?: Holder;
  /** Default 16 MiB. */
  maxBytes?: number;
}

/**
 * Filters one response as Envoy sends it: its head, its body in pieces, its trailers. The head of a JSON response is held until the whole
 * body has been read, so that it can still become an error. An event stream is not held. A body that cannot be read is not passed on: a
 * success becomes 502, an error keeps its status, and the body becomes a JSON-RPC error in both cases.
 */
export class ResponseFilter {
  readonly #options: ResponseFilterOptions;
  readonly #maxBytes: number;
  #status = 0;
  #body: SseFilter | WholeBody = new UnreadableBody(REASONS.type);
  #unreadable = UNREADABLE;
  readonly #effort = new Effort();
  #rejected = false;
  #done = false;

  constructor(options: ResponseFilterOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** Takes the head. */
  head(head: ResponseHead): FilterStep[] {
    if (head.endOfStream) return this.#finish([{ kind: 'head', set: {}, remove: [] }]);
    this.#status = head.status;
    if (this.#options.maySee() === undefined) {
      return this.#reject('the policy for the caller is not known', [], UNKNOWN_POLICY);
    }
    const kind = bodyKindOf(head);
    switch (kind) {
      case 'events':
        this.#body = this.#newEvents();
        return [passedHead()];
      case 'json':
        this.#body = new JsonBody(this.#filter, this.#maxBytes);
        return [];
      default:
        this.#body = new UnreadableBody(REASONS[kind.unreadable]);
        if (kind.unreadable === 'charset') this.#unreadable = OTHER_CHARSET;
        return [];
    }
  }

  /** Takes a piece of the body. Pieces after the end are ignored: Envoy may signal the end twice. */
  *body(bytes: Buffer, endOfStream: boolean): Sliced<FilterStep[]> {
    if (this.#done) return [];
    const begun = yield* this.#push(bytes);
    return endOfStream && !this.#done ? this.#finish([...begun, ...(yield* this.#end(true))]) : begun;
  }

  /** Takes the trailers, which also end the body. */
  *trailers(): Sliced<FilterStep[]> {
    return this.#done ? [] : this.#finish([...(yield* this.#end(false)), { kind: 'trailers' }]);
  }

  /** Releases memory that the response no longer needs, after what `body` and `trailers` returned was sent. */
  release(): void {
    this.#options.holder?.hold(this.#done ? 0 : this.#body.heldBytes);
  }

  *#push(bytes: Buffer): Sliced<FilterStep[]> {
    if (this.#body instanceof SseFilter) {
      const passed = yield* this.#body.push(bytes);
      if (!this.#hold()) this.#body.giveUp(OVER_BUDGET);
      return passed.length === 0 ? [] : [{ kind: 'body', bytes: passed, endOfStream: false }];
    }
    const rejected = this.#body.push(bytes);
    if (rejected !== undefined) return this.#reject(rejected.reason, rejected.ids, this.#unreadable);
    return this.#hold() ? [] : this.#reject(OVER_BUDGET, [], NO_MEMORY);
  }

  #hold(): boolean {
    return this.#options.holder?.hold(this.#body.heldBytes) ?? true;
  }

  *#end(endOfStream: boolean): Sliced<FilterStep[]> {
    const rest = yield* this.#body.end();
    if (!Buffer.isBuffer(rest)) return this.#reject(rest.reason, rest.ids, UNREADABLE, endOfStream);
    const head = this.#body instanceof SseFilter ? [] : [passedHead()];
    return [...head, { kind: 'body', bytes: rest, endOfStream }];
  }

  #reject(reason: string, ids: readonly RequestId[], denial: Denial = UNREADABLE, endOfStream = true): FilterStep[] {
    this.#report(reason);
    const status = this.#status >= 400 ? this.#status : denial.status;
    const set = { ':status': String(status), 'content-type': 'application/json', ...denial.headers };
    const bytes = Buffer.from(this.#errors(denial, ids));
    this.#options.holder?.hold(0);
    return this.#finish([
      { kind: 'head', set, remove: [...STALE, 'content-encoding'] },
      { kind: 'body', bytes, endOfStream },
    ]);
  }

  #finish(steps: FilterStep[]): FilterStep[] {
    this.#done = true;
    this.#body = new UnreadableBody(REASONS.type);
    return steps;
  }

  #newEvents(): SseFilter {
    return new SseFilter({
      filter: this.#filter,
      instead: (reason, ids) => {
        this.#report(reason);
        return this.#errors(reason === OVER_BUDGET ? NO_MEMORY : UNREADABLE, ids);
      },
      maxEventBytes: this.#maxBytes,
      effort: this.#effort,
    });
  }

  // The policy may have changed since the head was passed on. A caller that is no longer known sees nothing.
  readonly #filter = (text: Buffer): Sliced<Filtered> => {
    let current: MaySee | undefined;
    const maySee: MaySee = (kind, name) => {
      current ??= this.#options.maySee() ?? (() => false);
      return current(kind, name);
    };
    return filterLists(text, maySee, this.#effort);
  };

  #report(reason: string): void {
    if (!this.#rejected) this.#options.onRejected(reason);
    this.#rejected = true;
  }

  /** A JSON-RPC error for each of these requests, as a batch if there are several. */
  #errors(denial: Denial, ids: readonly RequestId[]): string {
    const [only = this.#options.id, ...others] = ids;
    if (others.length === 0) return denialBody(denial, only);
    return `[${ids.map((id) => denialBody(denial, id)).join(',')}]`;
  }
}

function passedHead(): FilterStep {
  return { kind: 'head', set: {}, remove: STALE };
}
