import { randomInt } from 'node:crypto';

const PER_BLOCK = 250;

/**
 * Loopback addresses for pods. On Linux all of 127/8 is available without setup. The second number is random, so that two runs on one
 * machine are unlikely to collide. No address is given twice, so a new pod is never mistaken for an old one.
 */
export class PodAddresses {
  readonly #prefix = `127.${randomInt(16, 250)}`;
  #taken = 0;

  take(): string {
    const block = Math.floor(this.#taken / PER_BLOCK);
    const last = (this.#taken % PER_BLOCK) + 1;
    this.#taken += 1;
    return `${this.#prefix}.${block}.${last}`;
  }
}
