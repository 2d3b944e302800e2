// Family: forbidden calls among others. A batch (2025-03-26) is checked message by message, wherever the forbidden one is.
import { type Attack, FORBIDDEN, INVALID, itHolds, NOT_JSON } from './attack.ts';
import { FORBIDDEN_CALL, post, rpc } from './message.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';

const PING = rpc('ping');
const RESPONSE = '{"jsonrpc":"2.0","id":1,"result":{}}';
const INITIALIZE = rpc('initialize', { protocolVersion: '2025-03-26' });
const notification = FORBIDDEN_CALL.replace('"id":"call",', '');
const many = (count: number, one: string) => Array.from({ length: count }, () => one).join(',');

const ATTACKS: Attack[] = [
  post('the first of a batch', `[${FORBIDDEN_CALL},${GET_ISSUE},${PING}]`, FORBIDDEN),
  post('the middle of a batch', `[${GET_ISSUE},${FORBIDDEN_CALL},${PING}]`, FORBIDDEN),
  post('the last of a batch', `[${GET_ISSUE},${PING},${FORBIDDEN_CALL}]`, FORBIDDEN),
  post('the only one of a batch', `[${FORBIDDEN_CALL}]`, FORBIDDEN),
  post('the last of as many as a batch may have', `[${many(255, GET_ISSUE)},${FORBIDDEN_CALL}]`, FORBIDDEN),
  post('the last of a thousand', `[${many(999, GET_ISSUE)},${FORBIDDEN_CALL}]`, INVALID),
  post('behind a response', `[${RESPONSE},${FORBIDDEN_CALL}]`, FORBIDDEN),
  post('a notification', notification, FORBIDDEN),
  post('a notification in a batch', `[${PING},${notification}]`, FORBIDDEN),
  post('an id twice in a batch', `[${GET_ISSUE},${FORBIDDEN_CALL.replace('"call"', '1')}]`, FORBIDDEN),
  post('a batch in a batch', `[[${FORBIDDEN_CALL}]]`, INVALID),
  post('a batch in a batch, behind a valid call', `[${GET_ISSUE},[${FORBIDDEN_CALL}]]`, INVALID),
  post('a batch as an object', `{"0":${FORBIDDEN_CALL},"length":1}`, INVALID),
  post('an empty batch', '[]', INVALID),
  post('a batch of nothing', '[null]', INVALID),
  post('a batch with a text', `[${JSON.stringify(FORBIDDEN_CALL)}]`, INVALID),
  post('a batch with initialize', `[${INITIALIZE},${GET_ISSUE}]`, INVALID),
  post('a batch of initialize alone', `[${INITIALIZE}]`, INVALID),
  post('a batch with a response that has a Method', `[${RESPONSE.replace('}}', `},"Method":"tools/call"}`)}]`, INVALID),
  post('a response that is a request too', FORBIDDEN_CALL.replace('{', '{"result":{},'), INVALID),
  post('an error that is a request too', FORBIDDEN_CALL.replace('{', '{"error":{"code":1,"message":""},'), INVALID),
  post('a response with params', FORBIDDEN_CALL.replace('"method":"tools/call"', '"result":{}'), INVALID),
  post('two bodies', `${GET_ISSUE}${FORBIDDEN_CALL}`, NOT_JSON),
  post('two bodies on two lines', `${GET_ISSUE}\n${FORBIDDEN_CALL}`, NOT_JSON),
  post('a body as a server-sent event', `data: ${FORBIDDEN_CALL}\n\n`, NOT_JSON),
  post(
    'a batch whose last call needs a scope',
    `[${PING},${rpc('tools/call', { name: 'delete_it' })}]`,
    [403, -32018],
    {
      backend: 'scoped',
    },
  ),
  post('an allowed call', GET_ISSUE, 'passes'),
];

/** A forbidden call cannot hide among others. */
export function smuggledCalls(ground: () => Ground): void {
  describe('a forbidden call among others', () => itHolds(ground, ATTACKS));
}
