import type { Flood } from '../flood.ts';
import { hold } from '../wire.ts';

/** The preface of a client, and empty SETTINGS (RFC 9113, section 3.4). */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

export const flood: Flood = {
  what: '2,000 HTTP/2 connections without a stream',
  run: (target, signal) => hold(target, 2_000, { bytes: PREFACE }, signal),
};
