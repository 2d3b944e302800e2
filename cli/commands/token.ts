import { parseOptionSeconds } from '../../core/document/duration.ts';
import { MCP_SCOPE } from '../../core/identity/scope.ts';
import { DEFAULT_SUBJECT, DEFAULT_TENANT } from '../../local/issuer/claims.ts';
import { issueDevelopmentToken } from '../../local/issuer/token.ts';
import { stateDir } from '../../runtime/paths.ts';
import { readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { type Command, parseOptions } from '../command.ts';

const help = `Usage: mcp-gateway token [--subject S] [--tenant T] [--role R]... [--group G]... [--scope S]... [--ttl 1h] [--state-dir DIR]

Prints an access token of the development issuer, valid for every backend of the gateway with this state folder.

  --subject S      claim "sub"; default: ${DEFAULT_SUBJECT}
  --tenant T       claim "tenant"; default: ${DEFAULT_TENANT}
  --role R         a role in the claim "roles"; can be given several times
  --group G        a group in the claim "groups"; can be given several times
  --scope S        a scope in the claim "scope"; can be given several times; default: ${MCP_SCOPE}
  --ttl TIME       how long it is valid: 90s, 30m, 1h (default), 7d
  --state-dir DIR  state folder of the gateway; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state`;

/** `mcp-gateway token` */
export const token: Command = {
  summary: 'print an access token of the development issuer',
  help,
  run: async (args, { env, print }) => {
    const { values } = parseOptions('token', args, {
      subject: { type: 'string' },
      tenant: { type: 'string' },
      role: { type: 'string', multiple: true, default: [] },
      group: { type: 'string', multiple: true, default: [] },
      scope: { type: 'string', multiple: true, default: [MCP_SCOPE] },
      ttl: { type: 'string', default: '1h' },
      'state-dir': { type: 'string' },
    });
    const root = values['state-dir'] ?? stateDir(env);
    const { subject, tenant, role: roles, group: groups, scope: scopes } = values;
    const ttlSeconds = parseOptionSeconds(values.ttl);
    const { publicUrl } = readFacts(stateFolder(root));
    const options = { stateDir: root, audience: publicUrl, roles, groups, scopes, ttlSeconds };
    print(
      await issueDevelopmentToken({
        ...options,
        ...(subject === undefined ? {} : { subject }),
        ...(tenant === undefined ? {} : { tenant }),
      }),
    );
    return 0;
  },
};
