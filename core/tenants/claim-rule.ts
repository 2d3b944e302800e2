import { z } from 'zod';
import { type Claims, claimPathSchema, formatClaim, textsOf } from '../identity/claims.ts';
import type { IssuerClaims } from '../identity/issuer.ts';

/** Claims that every issuer has, each under a name of its own. */
const NAMED = { tenant: 'tenant', group: 'groups', role: 'roles' } as const;

/** The claim that a rule looks at: where it is, or what it is called in the issuer's configuration. */
export type RuleClaim = readonly string[] | 'tenant' | 'groups' | 'roles';

/** One condition on a verified token. */
export interface ClaimRule {
  /** Tokens of this issuer only. Undefined holds for none: with several issuers, one could claim what is another's to give. */
  readonly issuer: string | undefined;
  readonly claim: RuleClaim;
  /** The claim, or one element of it where it is a list, is equal to one of these. */
  readonly values: readonly string[];
}

/** A caller as far as rules look at one. */
export interface Caller {
  readonly issuer: string;
  /** Where that issuer's tokens have the claims that rules name. */
  readonly issuerClaims: IssuerClaims;
  readonly claims: Claims;
}

const text = z.string().min(1).max(512);
const texts = z.union([text, z.array(text).min(1).max(1_000)]).transform((value) => [value].flat());

const FORMS = 'must have exactly one of claim, tenant, group and role';

/** A condition as somebody writes it: `{claim, value | values}`, or `{tenant}`, `{group}`, `{role}` with a text or a list. */
export const claimRuleSchema = z
  .strictObject({
    /** `url` of an issuer, or `development`. Required where there are several issuers. */
    issuer: text.optional(),
    claim: claimPathSchema.optional(),
    value: text.optional(),
    values: z.array(text).min(1).max(1_000).optional(),
    tenant: texts.optional(),
    group: texts.optional(),
    role: texts.optional(),
  })
  .superRefine((rule, context) => {
    const forms = (['claim', 'tenant', 'group', 'role'] as const).filter((key) => rule[key] !== undefined);
    if (forms.length !== 1) context.addIssue({ code: 'custom', message: FORMS });
    const values = [rule.value, rule.values].filter((value) => value !== undefined).length;
    if (values !== (rule.claim === undefined ? 0 : 1)) {
      const message =
        rule.claim === undefined ? 'goes with claim only' : 'exactly one of value and values goes with it';
      context.addIssue({ code: 'custom', path: [rule.claim === undefined ? 'value' : 'claim'], message });
    }
  })
  .transform(({ issuer, claim, value, values = [], ...named }): ClaimRule => {
    if (claim !== undefined) return { issuer, claim, values: value === undefined ? values : [value] };
    const form = (['tenant', 'group', 'role'] as const).find((key) => named[key] !== undefined) ?? 'tenant';
    return { issuer, claim: NAMED[form], values: named[form] ?? [] };
  });

/** Whether a rule holds for a caller. */
export function holds(rule: ClaimRule, caller: Caller): boolean {
  if (rule.issuer !== caller.issuer) return false;
  return textsOf(caller.claims, claimPathOf(rule, caller)).some((held) => rule.values.includes(held));
}

/** The claim that a rule looks at in a caller's token, for messages. */
export function claimOf(rule: ClaimRule, caller: Caller): string {
  return formatClaim(claimPathOf(rule, caller));
}

function claimPathOf({ claim }: ClaimRule, { issuerClaims }: Caller): readonly string[] {
  return typeof claim === 'string' ? issuerClaims[claim] : claim;
}
