import { readdirSync } from 'node:fs';
import type { Flood } from './flood.ts';

const FOLDER = new URL('floods/', import.meta.url);

/** The names of all floods: those of the files in `floods/`. */
export function findFloods(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

export async function loadFlood(name: string): Promise<Flood> {
  const { flood } = (await import(new URL(`${name}.ts`, FOLDER).href)) as { flood: Flood };
  return flood;
}
