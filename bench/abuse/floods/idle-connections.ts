import type { Flood } from '../flood.ts';
import { hold } from '../wire.ts';

export const flood: Flood = {
  what: '2,000 connections that send nothing',
  run: (target, signal) => hold(target, 2_000, { bytes: '' }, signal),
};
