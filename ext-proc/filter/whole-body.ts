import { isUtf8 } from 'node:buffer';
import type { RequestId } from '../../core/mcp/denial.ts';
import { applyEdits, type Filtered } from '../../core/mcp/list-filter.ts';

/** Why a body is not passed on, and the ids of the requests that it answers, as far as they are known. */
export interface Refusal {
  kind: 'refused';
  reason: string;
  ids: readonly RequestId[];
}

/** A body that is passed on only when all of it was read. */
export interface WholeBody {
  /** Takes a piece. */
  push(bytes: Buffer): Refusal | undefined;
  /** Takes the end; gives the body as it may be passed on. */
  end(): Buffer | Refusal;
}

/** A JSON body of at most `maxBytes`, with the edits that its filter finds. An empty one is sound. */
export class JsonBody implements WholeBody {
  readonly #filter: (text: string) => Filtered;
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(filter: (text: string) => Filtered, maxBytes: number) {
    this.#filter = filter;
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): Refusal | undefined {
    this.#length += bytes.length;
    if (this.#length > this.#maxBytes) return refusal('the body is too large');
    this.#parts.push(bytes);
    return undefined;
  }

  end(): Buffer | Refusal {
    const body = Buffer.concat(this.#parts);
    if (body.length === 0) return body;
    if (!isUtf8(body)) return refusal('the body is not UTF-8');
    const text = body.toString('utf8');
    const filtered = this.#filter(text);
    if (filtered.kind === 'changed') return Buffer.from(applyEdits(text, filtered.edits));
    return filtered.kind === 'same' ? body : refusal(filtered.reason, filtered.ids);
  }
}

/** A body that could hold a list in a form that nobody can filter: sound only when there is nothing in it. */
export class UnreadableBody implements WholeBody {
  push(bytes: Buffer): Refusal | undefined {
    return bytes.length === 0 ? undefined : refusal('the body is neither plain JSON nor an event stream');
  }

  end(): Buffer {
    return Buffer.alloc(0);
  }
}

function refusal(reason: string, ids: readonly RequestId[] = []): Refusal {
  return { kind: 'refused', reason, ids };
}
