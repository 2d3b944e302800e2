import { readFileSync } from 'node:fs';

/** Open files that a gateway needs besides connections: sockets, logs, watched folders. */
const RESERVE = 512;
/** A connection of a client, and one to a server. */
const FILES_OF_CONNECTION = 2;
const MAX_CONNECTIONS = 20_000;

/** How many connections of clients the limit of open files allows. */
export interface ConnectionLimit {
  /** At most 20,000. */
  connections: number;
  /** Maximum number of open files of a process; undefined if it is not known or unlimited. */
  openFiles: number | undefined;
  /** What the limit of open files must be for 20,000 connections. */
  wanted: number;
}

/**
 * How many connections Envoy may accept. It crashes when it runs out of open files. Node has raised its own limit to the maximum that it
 * may have, and child processes inherit that.
 *
 * @param limits text of /proc/self/limits
 */
export function connectionLimit(limits = readLimits()): ConnectionLimit {
  const text = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  const openFiles = text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
  const wanted = RESERVE + FILES_OF_CONNECTION * MAX_CONNECTIONS;
  if (openFiles === undefined) return { connections: MAX_CONNECTIONS, openFiles, wanted };
  const connections = Math.floor((openFiles - RESERVE) / FILES_OF_CONNECTION);
  return { connections: Math.max(0, Math.min(MAX_CONNECTIONS, connections)), openFiles, wanted };
}

// Other systems than Linux have no such file.
function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
