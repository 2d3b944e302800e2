import type { Attack, Outcome } from './attack.ts';
import type { Call } from './set-up.ts';

/** The text of a JSON-RPC request. */
export const rpc = (method: unknown, params?: unknown, id: unknown = 'call') =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

/** A call of a tool that `alice` may not use. */
export const FORBIDDEN_CALL = rpc('tools/call', { name: 'drop_it' });

/** A POST of this body. */
export const post = (what: string, body: string | Buffer, outcome: Outcome, call: Call = {}): Attack => [
  what,
  (at) => at.call({ ...call, body }),
  outcome,
];
