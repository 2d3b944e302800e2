import { createHash, randomBytes } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { EVENTS } from './resources.ts';
import type { Happening } from './status.ts';
import type { Writer } from './writer.ts';

/** Kubernetes takes notes of at most 1 KiB. */
const MAX_NOTE_BYTES = 1_000;
/** So many events of one object at once, and one more after each pause. */
const BURST = 10;
const REFILL_MS = 30_000;
/** The same event again tells nothing for so long. */
const SAME_MS = 600_000;
/** Objects that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 10_000;

/** An object that an event is about. */
export interface Regarding {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

/** Writes events, a few for each object: what happens again and again is in the conditions. */
export class EventRecorder {
  readonly #writer: Writer;
  readonly #identity: string;
  readonly #kind: Pick<Regarding, 'apiVersion' | 'kind'>;
  readonly #log: Logger;
  readonly #nowMs: () => number;
  readonly #budgets = new Map<string, { left: number; atMs: number; told: Map<string, number> }>();

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

  /** Tells what happened to an object. An event that cannot be written is in the log only. */
  tell({ namespace, name, uid }: Pick<Regarding, 'namespace' | 'name' | 'uid'>, happening: Happening): void {
    const { type, reason, note } = happening;
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
      this.#log.warn({ object: name, event: reason, reason: messageOf(error) }, 'an event could not be written');
    });
  }

  #allows(uid: string, text: string): boolean {
    const nowMs = this.#nowMs();
    const known = this.#budgets.get(uid) ?? { left: BURST, atMs: nowMs, told: new Map<string, number>() };
    const left = Math.min(BURST, known.left + (nowMs - known.atMs) / REFILL_MS);
    const told = new Map([...known.told].filter(([, atMs]) => nowMs - atMs < SAME_MS));
    const key = createHash('sha256').update(text).digest('base64');
    const allowed = left >= 1 && !told.has(key);
    if (allowed) told.set(key, nowMs);
    this.#budgets.delete(uid);
    this.#budgets.set(uid, { left: allowed ? left - 1 : left, atMs: nowMs, told });
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
  // A character that was cut in two is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_NOTE_BYTES)).replace(/\ufffd+$/, '')} …`;
}
