import type { Logger } from '../runtime/log.ts';

const LEVELS: Readonly<Record<number, 'debug' | 'info' | 'warn' | 'error'>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'error',
};
const ENVOY_LEVELS: Readonly<Record<string, 'debug' | 'info' | 'warn' | 'error'>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'error',
};

/**
 * Writes a line of a child to its logger: a JSON line of pino with its level, fields and message, a line of Envoy with its
 * level, and any other line at level info.
 */
export function forwardLine(log: Logger, line: string): void {
  const entry = parseEntry(line);
  if (entry !== undefined) {
    const { level, time: _time, name: _name, msg, ...fields } = entry;
    log[LEVELS[Number(level)] ?? 'info'](fields, String(msg ?? ''));
    return;
  }
  const [, level = '', text = line] = /^\[([a-z]+)\] (.*)$/.exec(line) ?? [];
  log[ENVOY_LEVELS[level] ?? 'info'](text);
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
