// Family: names of tools, prompts and resources that are not allowed, in every spelling that a server might take for them.
import { type Attack, FORBIDDEN, INVALID, itHolds, type Outcome } from './attack.ts';
import { post, rpc } from './message.ts';
import type { Ground } from './set-up.ts';

const INVALID_PARAMS: Outcome = [400, -32602];

const tool = (what: string, name: unknown, outcome: Outcome = FORBIDDEN, backend = 'jira') =>
  post(what, rpc('tools/call', { name }), outcome, { backend });

const TOOLS: Attack[] = [
  tool('a tool that nobody may use', 'drop_it'),
  tool('a tool that the tenant may not use', 'search'),
  tool('a tool that the tenant denies', 'get_all'),
  tool('a tool in capitals', 'GET_ISSUE'),
  tool('a tool with a space before it', ' get_issue'),
  tool('a tool with a line break before it', '\nget_issue'),
  tool('a tool with a zero byte before it', '\0get_issue'),
  tool('a tool behind an allowed prefix and a zero byte', 'get_\0drop_all'),
  tool('a tool of look-alikes', 'g\u0435t_issue'),
  tool('a tool in wide letters', '\uff47\uff45\uff54_issue'),
  tool('a tool with a namespace', 'jira.get_issue'),
  tool('a tool of 3,000 letters', `get_${'x'.repeat(3_000)}`),
  tool('a tool of half a million letters', `get_${'x'.repeat(500_000)}`),
  tool('a pattern as a tool', '*'),
  tool('an empty name', ''),
  tool('no name', undefined, INVALID_PARAMS),
  tool('null', null, INVALID_PARAMS),
  tool('a list', ['get_issue'], INVALID_PARAMS),
  tool('a list of what is denied', ['drop_it'], INVALID_PARAMS),
  tool('a number', 5, INVALID_PARAMS),
  tool('an object with a toString', { toString: 'get_issue' }, INVALID_PARAMS),
  post('params that are a list', rpc('tools/call', ['drop_it']), INVALID),
  post('params that are text', rpc('tools/call', '{"name":"drop_it"}'), INVALID),
  tool('a tool without its scope', 'delete_it', [403, -32018], 'scoped'),
  tool('a tool in a list, without its scope', ['delete_it'], INVALID_PARAMS, 'scoped'),
  tool('no tool where tools need scopes', undefined, INVALID_PARAMS, 'scoped'),
  post('a tool that is not allowed, as a task', rpc('tools/call', { name: 'drop_it', task: { ttl: 1 } }), FORBIDDEN),
  tool('a tool with an unpaired surrogate and an allowed prefix', 'get_\ud800', 'passes'),
];

const prompt = (what: string, ref: unknown, outcome: Outcome = FORBIDDEN) =>
  post(what, rpc('completion/complete', { ref, argument: { name: 'a', value: '' } }), outcome, { backend: 'prompts' });

const PROMPTS: Attack[] = [
  post('a prompt', rpc('prompts/get', { name: 'hidden' }), FORBIDDEN, { backend: 'prompts' }),
  post('a prompt in a list', rpc('prompts/get', { name: ['hidden'] }), INVALID_PARAMS, { backend: 'prompts' }),
  prompt('a prompt by its completion', { type: 'ref/prompt', name: 'hidden' }),
  prompt('a completion without a type', { name: 'hidden' }),
  prompt('a completion of another type', { type: 'ref/Prompt', name: 'hidden' }),
  prompt('a completion of a type in a list', { type: ['ref/prompt'], name: 'hidden' }),
  prompt('a completion in a list', [{ type: 'ref/prompt', name: 'hidden' }], INVALID_PARAMS),
  prompt('a completion that is text', 'hidden', INVALID_PARAMS),
  prompt('a completion of a visible prompt', { type: 'ref/prompt', name: 'greet' }, 'passes'),
];

const DENIED_URIS = [
  'file:///etc/passwd',
  'file:///pub/keys/a',
  'file:///pub/../etc/passwd',
  'file:///pub/%2e%2e/etc/passwd',
  'file:///pub/..%2fetc/passwd',
  'file:///pub/..%252fetc/passwd',
  'file:///pub/%ff/..%2f..%2fetc/passwd',
  'file:///pub/..%5c..%5cetc%5cpasswd',
  'file:///pub\\..\\..\\etc\\passwd',
  'file:///pub//../etc/passwd',
  'file:///pub/%6beys/a',
  'file:///pub//keys/a',
  'file:///pub/a/../keys/b',
  'file:///pub/x?/../../etc/passwd',
  'file:///pub/x#/../../etc/passwd',
  'file:///pub/?/../../etc/passwd',
  'file:///pub/x?\\..\\..\\etc\\passwd',
  'file:///pub/x?%2f..%2f..%2fetc%2fpasswd',
  'file:///pub/x%3f/../../etc/passwd',
  'file:///pub/x%2523%252f..%252f..%252fetc',
  'file:///pub/..;/etc/passwd',
  'file:///pub/．．/etc/passwd',
  'file:///pub/..',
  'file:///pub/./a',
  'file:///pub/a%00/../../etc/passwd',
  'file:///pub/proc/self/root/etc/passwd',
  'file:///pub/dev/fd/3',
  'file://pub/a',
  'file://etc/passwd',
  'file://localhost/etc/passwd',
  'file:////etc/passwd',
  'FILE:///etc/passwd',
  'fi\tle:///etc/passwd',
  ' file:///etc/passwd',
  'file:/etc/passwd',
  'file:///pub',
  '/pub/a',
  'https://docs.example/secret',
  'https://user:password@docs.example/secret',
  'https://docs.example/secret?a=b',
  'https://docs.example/secret#a',
  'https://docs.example:443//secret',
  'HTTPS://DOCS.EXAMPLE/%73ecret',
  'https://docs.example@evil.example/a',
  'https://docs.example.evil.example/a',
  `file:///pub/${'a'.repeat(3_000)}`,
];

const RESOURCES: Attack[] = [
  ...DENIED_URIS.map((uri) => post(uri.slice(0, 60), rpc('resources/read', { uri }), FORBIDDEN)),
  post('a subscription', rpc('resources/subscribe', { uri: 'file:///etc/passwd' }), FORBIDDEN),
  post('an unsubscription', rpc('resources/unsubscribe', { uri: 'file:///etc/passwd' }), FORBIDDEN),
  post(
    'a resource by its completion',
    rpc('completion/complete', { ref: { type: 'ref/resource', uri: 'file:///etc/{a}' } }),
    FORBIDDEN,
  ),
  post(
    'one of several subscriptions',
    rpc('subscriptions/listen', { notifications: { resourceSubscriptions: ['file:///pub/a', 'file:///etc/a'] } }),
    FORBIDDEN,
  ),
  post(
    'a subscription that is a text',
    rpc('subscriptions/listen', { notifications: { resourceSubscriptions: 'file:///etc/a' } }),
    INVALID_PARAMS,
  ),
  post(
    'a subscription that is a list in a list',
    rpc('subscriptions/listen', { notifications: { resourceSubscriptions: [['file:///etc/a']] } }),
    INVALID_PARAMS,
  ),
  post('no URI', rpc('resources/read', { name: 'file:///etc/passwd' }), INVALID_PARAMS),
  post('a URI in a list', rpc('resources/read', { uri: ['file:///etc/passwd'] }), INVALID_PARAMS),
  post('file:///pub/a%20b', rpc('resources/read', { uri: 'file:///pub/a%20b' }), 'passes'),
  post('file:///pub/.x/a..b?q=1#c', rpc('resources/read', { uri: 'file:///pub/.x/a..b?q=1#c' }), 'passes'),
];

/** Nothing that policy hides can be used, in any spelling. */
export function hiddenNames(ground: () => Ground): void {
  describe('tools, prompts and resources that are not allowed', () => {
    itHolds(ground, [...TOOLS, ...PROMPTS, ...RESOURCES]);
  });
}
