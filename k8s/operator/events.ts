import { createHash, randomBytes } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { EVENTS } from './resources.ts';
import type { ObjectEvent } from './status.ts';
import type { Writer } from './writer.ts';

/** Kubernetes accepts notes of at most 1 KiB. */
const MAX_NOTE_BYTES = 1_000;
/** Events per object in a burst; after that, one more per refill interval. */
const BURST = 10;
const REFILL_MS = 30_000;
/** Time in which a repeated event is dropped. */
const REPEAT_MS = 600_000;
/** Objects whose budgets are kept; the least recently used one is dropped first. */
const MAX_REMEMBERED = 10_000;

/** An object that an event is about. */
export interface Regarding {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

/** Writes events, limited per object. Lasting problems are in the conditions. */
export class EventRecorder {
  readonly #writer: Writer;
  readonly #identity: string;
  readonly #kind: Pick<Regarding, 'apiVersion' | 'kind'>;
  readonly #log: Logger;
  readonly #nowMs: () => number;
  readonly #budgets = new Map<string, { left: number; atMs: number; recorded: Map<string, number> }>();

  constructor(parts: {
    writer: Writer;
    identity: string;
    kind: Pick<Regarding, 'apiVersion' | 'kind'>;
    log: Logger;
    nowMs?: () => number;
  }) {
    this.#writer = parts.writer;
    this.#identity = parts.identity;
    this.#kind = parts.kind;
    this.#log = parts.log;
    this.#nowMs = parts.nowMs ?? (() => performance.now());
  }

  /** Writes an event about an object. If that fails, the event is only logged. */
  record({ namespace, name, uid }: Pick<Regarding, 'namespace' | 'name' | 'uid'>, event: ObjectEvent): void {
    const { type, reason, note } = event;
    if (!this.#allows(uid, `${reason} ${note}`)) return;
    const write = async () => {
      await this.#writer.create(
        { resource: EVENTS, namespace },
        {
          metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
          eventTime: `${new Date().toISOString().slice(0, -1)}000Z`,
          reportingController: 'mcpgateway.dev/operator',
          reportingInstance: this.#identity.slice(0, 128),
          action: 'Reconcile',
          regarding: { ...this.#kind, namespace, name, uid },
          ...{ type, reason, note: shorten(note) },
        },
      );
    };
    write().catch((error: unknown) => {
      this.#log.warn({ object: name, event: reason, reason: messageOf(error) }, 'event not written');
    });
  }

  #allows(uid: string, text: string): boolean {
    const nowMs = this.#nowMs();
    const known = this.#budgets.get(uid) ?? { left: BURST, atMs: nowMs, recorded: new Map<string, number>() };
    const left = Math.min(BURST, known.left + (nowMs - known.atMs) / REFILL_MS);
    const recorded = new Map([...known.recorded].filter(([, atMs]) => nowMs - atMs < REPEAT_MS));
    const key = createHash('sha256').update(text).digest('base64');
    const allowed = left >= 1 && !recorded.has(key);
    if (allowed) recorded.set(key, nowMs);
    this.#budgets.delete(uid);
    this.#budgets.set(uid, { left: allowed ? left - 1 : left, atMs: nowMs, recorded });
    for (const oldest of this.#budgets.keys()) {
      if (this.#budgets.size <= MAX_REMEMBERED) break;
      this.#budgets.delete(oldest);
    }
    return allowed;
  }
}

function shorten(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= MAX_NOTE_BYTES) return note;
  // Drop a character that was cut in half.
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_NOTE_BYTES)).replace(/\ufffd+$/, '')} …`;
}
