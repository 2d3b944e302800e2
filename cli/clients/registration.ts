import { isDnsLabel } from '../../core/registry/names.ts';
import { choiceArguments, type InstallationChoice } from '../choose-installation.ts';
import { misuse } from '../command.ts';

/** `mcp-gateway serve`, which a client starts and speaks to over stdio. */
export interface AdministratorRegistration {
  use: 'administrator';
  /** What the client calls the server. */
  name: string;
  command: string;
  args: readonly string[];
}

/** A backend behind the gateway, over Streamable HTTP. */
export interface UserRegistration {
  use: 'user';
  name: string;
  /** `https://<gateway>/<backend>/mcp` */
  url: string;
  /** Where the client finds an access token, if it shall not log in: a variable or secret of this name. */
  tokenName?: string;
}

/** What a client is told of a server. */
export type Registration = AdministratorRegistration | UserRegistration;

const ADMINISTRATOR_NAME = 'mcp-gateway';

/**
 * Registers `mcp-gateway serve` with the options that choose its installation. Paths are made absolute, since a client starts
 * programs in any working directory. Throws a UserError if the options contradict each other.
 */
export function registerAdministrator(choice: InstallationChoice): AdministratorRegistration {
  const args = ['serve', ...choiceArguments('clients', choice)];
  return { use: 'administrator', name: ADMINISTRATOR_NAME, command: 'mcp-gateway', args };
}

/** A variable of the environment, as shells and clients take its name. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Registers a backend by the gateway's URL and its name, or by the whole URL of the backend alone. Throws a UserError where a
 * part is missing or cannot be so.
 */
export function registerUser(url: string, backend: string | undefined, tokenName?: string): UserRegistration {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw misuse('clients', `--url must be an http or https URL (got ${url})`);
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw misuse('clients', '--url must not hold credentials, a query or a fragment');
  }
  const path = parsed.pathname.replace(/\/+$/, '');
  const [, base = path, named] = /^(.*)\/([^/]+)\/mcp$/.exec(path) ?? [];
  if (backend !== undefined && named !== undefined && backend !== named) {
    throw misuse('clients', `--backend ${backend} is not the one in --url ${url}`);
  }
  const name = backend ?? named;
  if (name === undefined) throw misuse('clients', 'name a backend of the gateway with --backend');
  if (!isDnsLabel(name)) throw misuse('clients', `${JSON.stringify(name)} cannot be the name of a backend`);
  if (tokenName !== undefined && !VARIABLE.test(tokenName)) {
    throw misuse(
      'clients',
      `--token-from must be the name of a variable, such as MCP_GATEWAY_TOKEN (got ${tokenName})`,
    );
  }
  const registration: UserRegistration = { use: 'user', name, url: `${parsed.origin}${base}/${name}/mcp` };
  return tokenName === undefined ? registration : { ...registration, tokenName };
}
