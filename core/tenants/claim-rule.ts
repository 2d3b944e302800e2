import { z } from 'zod';
import { type Claims, claimPathSchema, formatClaim } from '../identity/claims.ts';
import type { IssuerClaims } from '../identity/issuer.ts';

/** The keys of a rule for claims that each issuer's configuration locates. */
const NAMED = { tenant: 'tenant', group: 'groups', role: 'roles' } as const;

/** The claim that a rule compares: its path, or its key in the issuer's configuration. */
export type RuleClaim = readonly string[] | 'tenant' | 'groups' | 'roles';

/** One condition on a verified token. */
export interface ClaimRule {
  /** Only tokens of this issuer can match. Undefined matches none: one issuer must not grant what belongs to another. */
  readonly issuer: string | undefined;
  readonly claim: RuleClaim;
  /** The rule holds if the claim, or an element of it if it is a list, equals one of these. */
  readonly values: readonly string[];
}

/** The parts of a caller that rules compare. */
export interface Caller {
  readonly issuer: string;
  /** Where that issuer's tokens have these claims. */
  readonly issuerClaims: IssuerClaims;
  readonly claims: Claims;
}

const text = z.string().min(1).max(512);
const texts = z.union([text, z.array(text).min(1).max(1_000)]).transform((value) => [value].flat());

const FORMS = 'must have exactly one of claim, tenant, group and role';

/** A rule in a document: `{claim, value | values}`, or `{tenant}`, `{group}` or `{role}` with a string or a list. */
export const claimRuleSchema = z
  .strictObject({
    /** `url` of an issuer, or `development`. Required if there are several issuers. */
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
      const message = rule.claim === undefined ? 'requires claim' : 'requires exactly one of value and values';
      context.addIssue({ code: 'custom', path: [rule.claim === undefined ? 'value' : 'claim'], message });
    }
  })
  .transform(({ issuer, claim, value, values = [], ...named }): ClaimRule => {
    if (claim !== undefined) return { issuer, claim, values: value === undefined ? values : [value] };
    const form = (['tenant', 'group', 'role'] as const).find((key) => named[key] !== undefined) ?? 'tenant';
    return { issuer, claim: NAMED[form], values: named[form] ?? [] };
  });

/** Formats the claim that a rule compares in a caller's token, for messages. */
export function claimOf(rule: ClaimRule, caller: Caller): string {
  return formatClaim(claimPathOf(rule, caller));
}

/** The path of the claim that a rule compares in a caller's token. */
export function claimPathOf({ claim }: ClaimRule, { issuerClaims }: Caller): readonly string[] {
  return typeof claim === 'string' ? issuerClaims[claim] : claim;
}
