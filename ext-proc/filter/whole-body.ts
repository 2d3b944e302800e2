import { isUtf8 } from 'node:buffer';
import type { RequestId } from '../../core/mcp/denial.ts';
import { applyEdits, type Filtered } from '../../core/mcp/list-filter.ts';
import type { Sliced } from '../../core/mcp/sliced.ts';

/** Why a body is not passed on, and the ids of the requests that it answers, as far as they are known. */
export interface Rejection {
  kind: 'rejected';
  reason: string;
  ids: readonly RequestId[];
}

/** A body that is passed on only after all of it was read. */
export interface WholeBody {
  /** Takes a piece of the body. */
  push(bytes: Buffer): Rejection | undefined;
  /** Ends the body; returns what may be passed on. */
  end(): Sliced<Buffer | Rejection>;
  /** Memory in bytes that it takes. */
  readonly heldBytes: number;
}

/** A JSON body of at most `maxBytes`, to which the edits of a filter are applied. An empty body passes. */
export class JsonBody implements WholeBody {
  readonly #filter: (body: Buffer) => Sliced<Filtered>;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(filter: (body: Buffer) => Sliced<Filtered>, maxBytes: number) {
    this.#filter = filter;
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): Rejection | undefined {
    this.#length += bytes.length;
    if (this.#length > this.#maxBytes) return rejection('the body is too large');
    this.#parts.push(bytes);
    return undefined;
  }

  get heldBytes(): number {
    return this.#length;
  }

  *end(): Sliced<Buffer | Rejection> {
    const body = Buffer.concat(this.#parts);
    this.#parts = [];
    if (body.length === 0) return body;
    if (!isUtf8(body)) return rejection('the body is not UTF-8');
    const filtered = yield* this.#filter(body);
    if (filtered.kind === 'changed') return Buffer.concat(applyEdits(body, filtered.edits));
    return filtered.kind === 'same' ? body : rejection(filtered.reason, filtered.ids);
  }
}

/** A body that could hold a list in a form that cannot be filtered. It passes only if it is empty. */
export class UnreadableBody implements WholeBody {
  readonly #reason: string;

  constructor(reason: string) {
    this.#reason = reason;
  }

  push(bytes: Buffer): Rejection | undefined {
    return bytes.length === 0 ? undefined : rejection(this.#reason);
  }

  readonly heldBytes = 0;

  // biome-ignore lint/correctness/useYield: a body without content has nothing to filter.
  *end(): Sliced<Buffer> {
    return Buffer.alloc(0);
  }
}

function rejection(reason: string, ids: readonly RequestId[] = []): Rejection {
  return { kind: 'rejected', reason, ids };
}
