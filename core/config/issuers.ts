import type { Problem } from '../document/problems.ts';
import { equalButForSlash, type Issuer } from '../identity/issuer.ts';
import type { ClaimRule } from '../tenants/claim-rule.ts';
import type { Tenant } from '../tenants/tenants.ts';
import type { GatewayConfig } from './gateway.ts';

/** How rules name the issuer that `up` brings along; its URL changes from start to start. */
const DEVELOPMENT_ISSUER = 'development';

/**
 * The tenants with the issuer of every rule settled: a rule that names none means the only one there is. With several it means
 * none of them, since one issuer must not give what is another's.
 */
export function withIssuers(
  tenants: readonly Tenant[],
  issuers: readonly Pick<Issuer, 'url'>[],
  developmentIssuer: string | undefined,
): Tenant[] {
  const only = issuers.length === 1 ? issuers[0]?.url : undefined;
  const settle = (rule: ClaimRule): ClaimRule => ({
    ...rule,
    issuer: rule.issuer === DEVELOPMENT_ISSUER ? developmentIssuer : (rule.issuer ?? only),
  });
  return tenants.map((tenant) => ({
    ...tenant,
    match: tenant.match.map(settle),
    roles: tenant.roles.map(({ name, match }) => ({ name, match: match?.map(settle) })),
  }));
}

/** How rules may name the issuers of a configuration. */
export function issuerNames({
  developmentIssuer,
  issuers,
}: Pick<GatewayConfig, 'developmentIssuer' | 'issuers'>): string[] {
  return developmentIssuer ? [DEVELOPMENT_ISSUER] : issuers.map(({ url }) => url);
}

/**
 * Rules that can hold for no token: they name an issuer that there is none of, or none where there are several.
 *
 * @param issuers as {@link issuerNames} gives them
 * @param source the tenants document, as its reader knows it
 */
export function issuerProblems(tenants: readonly Tenant[], issuers: readonly string[], source: string): Problem[] {
  const rulesOf = ({ match, roles }: Tenant, at: number): [string, ClaimRule][] => [
    ...match.map((rule, index): [string, ClaimRule] => [`tenants[${at}].match[${index}].issuer`, rule]),
    ...roles.flatMap((role, roleIndex) =>
      (role.match ?? []).map((rule, index): [string, ClaimRule] => [
        `tenants[${at}].roles[${roleIndex}].match[${index}].issuer`,
        rule,
      ]),
    ),
  ];
  return tenants.flatMap(rulesOf).flatMap(([path, { issuer }]): Problem[] => {
    if (issuer === undefined) {
      const message =
        "is required where there are several issuers: otherwise one could claim what is another's to give";
      return issuers.length > 1 ? [{ source, path, message }] : [];
    }
    if (issuers.includes(issuer)) return [];
    const near = issuers.find((url) => equalButForSlash(url, issuer));
    const hint = near === undefined ? '' : `; it differs from ${near} only in the trailing slash`;
    return [
      {
        source,
        path,
        message: `names an issuer that the gateway does not accept${hint} (got ${JSON.stringify(issuer)})`,
      },
    ];
  });
}
