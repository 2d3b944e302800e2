import type { Problem } from '../document/problems.ts';
import { equalButForSlash, type Issuer } from '../identity/issuer.ts';
import type { ClaimRule } from '../tenants/claim-rule.ts';
import type { Tenant } from '../tenants/tenants.ts';
import type { GatewayConfig } from './gateway.ts';

/** The name by which rules refer to the development issuer, whose URL changes with each start. */
const DEVELOPMENT_ISSUER = 'development';

/**
 * The tenants, with the issuer of every rule resolved. A rule without an issuer gets the only one there is. If there are several, it
 * gets none and never holds: one issuer must not be able to grant what belongs to the users of another.
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

/** The names by which rules may refer to the issuers of a configuration. */
export function issuerNames({
  developmentIssuer,
  issuers,
}: Pick<GatewayConfig, 'developmentIssuer' | 'issuers'>): string[] {
  return developmentIssuer ? [DEVELOPMENT_ISSUER] : issuers.map(({ url }) => url);
}

/**
 * Problems with rules that cannot hold for any token: they name an unknown issuer, or none although there are several.
 *
 * @param issuers as returned by {@link issuerNames}
 * @param source name of the tenants document, as in messages
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
        "is required with several issuers: otherwise one issuer could make its users members of another's tenant";
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
