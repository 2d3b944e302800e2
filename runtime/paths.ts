import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The variables of the XDG Base Directory Specification that are looked at. */
export interface PathEnvironment {
  HOME?: string | undefined;
  XDG_CACHE_HOME?: string | undefined;
  XDG_STATE_HOME?: string | undefined;
}

const FOLDER = 'mcp-gateway';

/** What can be made again, such as the Envoy binary: `$XDG_CACHE_HOME/mcp-gateway`, default `~/.cache/mcp-gateway`. */
export function cacheDir(env: PathEnvironment): string {
  return baseDir(env, env.XDG_CACHE_HOME, '.cache');
}

/** Keys, sockets and records of one gateway: `$XDG_STATE_HOME/mcp-gateway`, default `~/.local/state/mcp-gateway`. */
export function stateDir(env: PathEnvironment): string {
  return baseDir(env, env.XDG_STATE_HOME, join('.local', 'state'));
}

function baseDir(env: PathEnvironment, xdg: string | undefined, fallback: string): string {
  // The specification wants a relative path to be ignored, as an unset or empty one is.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, FOLDER);
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : homedir();
  return join(home, fallback, FOLDER);
}
