import { isDnsLabel } from '../../core/registry/names.ts';
import { choiceArguments, type InstallationChoice } from '../choose-installation.ts';
import { misuse } from '../command.ts';

/** `mcp-gateway serve`, which a client starts and talks to over stdio. */
export interface AdministratorRegistration {
  use: 'administrator';
  /** Name of the server in the client. */
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
  /** Variable or secret with an access token, for a client that does not log in. */
  tokenName?: string;
}

/** A server to register with a client. */
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

/** Name of an environment variable, as shells and clients accept it. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Registers a backend by the URL of the gateway and its name, or by its whole URL. Throws a UserError `usage` for an invalid part. */
export function registerUser(url: string, backend: string | undefined, tokenName?: string): UserRegistration {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw misuse('clients', `--url must be an http or https URL (got ${url})`);
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw misuse('clients', '--url must not contain credentials, a query or a fragment');
  }
  const path = parsed.pathname.replace(/\/+$/, '');
  const [, base = path, named] = /^(.*)\/([^/]+)\/mcp$/.exec(path) ?? [];
  if (backend !== undefined && named !== undefined && backend !== named) {
    throw misuse('clients', `--backend ${backend} is not the backend in --url ${url}`);
  }
  const name = backend ?? named;
  if (name === undefined) throw misuse('clients', '--backend is required, unless --url is the whole URL of a backend');
  if (!isDnsLabel(name)) throw misuse('clients', `${JSON.stringify(name)} is not a valid name of a backend`);
  if (tokenName !== undefined && !VARIABLE.test(tokenName)) {
    throw misuse(
      'clients',
      `--token-from must be the name of a variable, such as MCP_GATEWAY_TOKEN (got ${tokenName})`,
    );
  }
  const registration: UserRegistration = { use: 'user', name, url: `${parsed.origin}${base}/${name}/mcp` };
  return tokenName === undefined ? registration : { ...registration, tokenName };
}
