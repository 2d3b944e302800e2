// Family: messages that two parsers may read differently: duplicate keys, other spellings, keys of prototypes, methods and names that
// are not plain text.
import { type Attack, FORBIDDEN, INVALID, itHolds, type Outcome } from './attack.ts';
import { FORBIDDEN_CALL, post, rpc } from './message.ts';
import type { Ground } from './set-up.ts';

const INVALID_PARAMS: Outcome = [400, -32602];
const NAME = '"name":"get_issue"';
const message = (members: string) => `{"jsonrpc":"2.0","id":1,${members}}`;
const call = (params: string) => message(`"method":"tools/call","params":{${params}}`);
const complete = (params: string) => message(`"method":"completion/complete","params":{${params}}`);

const KEYS: Attack[] = [
  post('the name twice', call(`${NAME},"name":"drop_it"`), INVALID),
  post('the name twice, the allowed one last', call(`"name":"drop_it",${NAME}`), INVALID),
  post('the name with an escape', call(`${NAME},"n\\u0061me":"drop_it"`), INVALID),
  post('the name in capitals as well', call(`${NAME},"NAME":"drop_it"`), INVALID),
  post('the name in capitals alone', call('"Name":"drop_it"'), INVALID),
  post('the method twice', message('"method":"ping","method":"tools/call","params":{"name":"drop_it"}'), INVALID),
  post('a Method as well', message('"method":"ping","Method":"tools/call","params":{"name":"drop_it"}'), INVALID),
  post('a METHOD alone', message('"METHOD":"tools/call","params":{"name":"drop_it"}'), INVALID),
  post('the params twice', message(`"method":"tools/call","params":{${NAME}},"params":{"name":"drop_it"}`), INVALID),
  post('Params as well', message(`"method":"tools/call","params":{${NAME}},"Params":{"name":"drop_it"}`), INVALID),
  post(
    'params with a long s (U+017F)',
    message(`"method":"tools/call","params":{${NAME}},"param\u017f":{"name":"drop_it"}`),
    INVALID,
  ),
  post('params with a long s, escaped', message(`"method":"tools/call","param\\u017f":{"name":"drop_it"}`), INVALID),
  post('a task with a Kelvin sign', call(`${NAME},"tas\u212a":{},"task":{}`), INVALID),
  post('the id twice', `{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{${NAME}}}`, INVALID),
  post('an argument twice', call(`${NAME},"arguments":{"a":1,"a":2}`), INVALID),
  post('a key twice in the second of a batch', `[${rpc('ping')},${call(`${NAME},"name":"drop_it"`)}]`, INVALID),
  post(
    'the URI twice',
    message('"method":"resources/read","params":{"uri":"file:///pub/a","URI":"file:///etc/a"}'),
    INVALID,
  ),
  post(
    'a reference twice',
    complete('"ref":{"type":"ref/prompt","name":"a"},"Ref":{"type":"ref/prompt","name":"hidden"}'),
    INVALID,
  ),
  post('a reference in capitals alone', complete('"REF":{"type":"ref/prompt","name":"hidden"}'), INVALID),
  post('the type of a reference in capitals', complete('"ref":{"Type":"ref/prompt","name":"hidden"}'), INVALID, {
    backend: 'prompts',
  }),
  post(
    'a subscription in another spelling',
    message('"method":"subscriptions/listen","params":{"notifications":{"ResourceSubscriptions":["file:///etc/a"]}}'),
    INVALID,
  ),
  post('the name on a prototype', call('"__proto__":{"name":"drop_it"}'), INVALID_PARAMS),
  post('the name on a constructor', call('"constructor":{"prototype":{"name":"drop_it"}}'), INVALID_PARAMS),
  post(
    'the params on a prototype',
    message('"method":"tools/call","__proto__":{"params":{"name":"drop_it"}}'),
    INVALID,
  ),
  post('the method on a prototype', message('"__proto__":{"method":"tools/call"}'), INVALID),
  post(
    'a reference on a prototype',
    complete('"ref":{"__proto__":{"type":"ref/prompt","name":"hidden"}}'),
    INVALID_PARAMS,
    { backend: 'prompts' },
  ),
];

const method = (what: string, name: unknown, outcome: Outcome = INVALID) =>
  post(what, rpc(name, { name: 'drop_it' }), outcome);

const METHODS: Attack[] = [
  method('a method in capitals', 'Tools/Call'),
  method('a method with a space at its end', 'tools/call '),
  method('a method with a line break before it', '\ntools/call'),
  method('a method with a zero byte', 'tools/call\0'),
  method('a method with a zero-width space', 'tools\u200b/call'),
  method('a method with a soft hyphen', 'tools/ca\u00adll'),
  method('a list with a long s', 'tools/li\u017ft'),
  method('a list in capitals', 'TOOLS/LIST'),
  method('a list of templates in capitals', 'Resources/Templates/List'),
  method('a method that is escaped', 'tools\u002fcall', FORBIDDEN),
  method('no method', undefined),
  method('a method that is a list', ['tools/call']),
  method('a method that is an object', { 0: 'tools/call' }),
  method('a method that is null', null),
  post('another version of JSON-RPC', FORBIDDEN_CALL.replace('"2.0"', '"1.0"'), INVALID),
  post('no version of JSON-RPC', FORBIDDEN_CALL.replace('"jsonrpc":"2.0",', ''), INVALID),
  post('an id that is null', FORBIDDEN_CALL.replace('"call"', 'null'), INVALID),
  post('an id that is an object', FORBIDDEN_CALL.replace('"call"', '{}'), INVALID),
  post('an infinite id', FORBIDDEN_CALL.replace('"call"', '1e999'), INVALID),
  post('an id with an unpaired surrogate', FORBIDDEN_CALL.replace('"call"', '"\\ud800"'), FORBIDDEN),
];

/** A message that can be read in two ways is denied, or judged by the worse reading. */
export function ambiguousMessages(ground: () => Ground): void {
  describe('messages that could be read in two ways', () => itHolds(ground, [...KEYS, ...METHODS]));
}
