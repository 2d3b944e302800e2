import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Variables of the XDG Base Directory Specification. */
export interface PathEnvironment {
  HOME?: string | undefined;
  XDG_CACHE_HOME?: string | undefined;
  XDG_STATE_HOME?: string | undefined;
}

const FOLDER = 'mcp-gateway';

/** Folder for files that can be downloaded again, such as Envoy: `$XDG_CACHE_HOME/mcp-gateway`, default `~/.cache/mcp-gateway`. */
export function cacheDir(env: PathEnvironment): string {
  return baseDir(env, env.XDG_CACHE_HOME, '.cache');
}

/** Folder for keys, sockets and records of one gateway: `$XDG_STATE_HOME/mcp-gateway`, default `~/.local/state/mcp-gateway`. */
export function stateDir(env: PathEnvironment): string {
  return baseDir(env, env.XDG_STATE_HOME, join('.local', 'state'));
}

function baseDir(env: PathEnvironment, xdg: string | undefined, fallback: string): string {
  // The specification says to ignore a relative path, like an unset or empty one.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, FOLDER);
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : homedir();
  return join(home, fallback, FOLDER);
}
