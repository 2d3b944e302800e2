import { textsOf } from '../identity/claims.ts';
import { type Caller, type ClaimRule, claimPathOf } from './claim-rule.ts';

/**
 * The claims of one caller, to compare many rules with: each claim is read once, however many values it has. A token may have thousands of
 * groups, and there may be thousands of rules about groups.
 */
export class HeldClaims {
  readonly #caller: Caller;
  readonly #texts = new Map<string, ReadonlySet<string>>();

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Whether a rule holds for the caller. */
  satisfies(rule: ClaimRule): boolean {
    if (rule.issuer !== this.#caller.issuer) return false;
    const held = this.textsAt(claimPathOf(rule, this.#caller));
    return rule.values.some((value) => held.has(value));
  }

  /** The strings of a claim. */
  textsAt(path: readonly string[]): ReadonlySet<string> {
    const key = JSON.stringify(path);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const texts = new Set(textsOf(this.#caller.claims, path));
    this.#texts.set(key, texts);
    return texts;
  }
}
