import { expect } from 'chai';
import { isList, isOddSpelling, itemsOf } from '../../../core/mcp/items.ts';

describe('core/mcp/items', () => {
  const of = (method: unknown, params?: unknown) => itemsOf({ jsonrpc: '2.0', id: 1, method, params });

  for (const [method, params, kind, name] of [
    ['tools/call', { name: 'a' }, 'tools', 'a'],
    ['prompts/get', { name: 'a' }, 'prompts', 'a'],
    ['resources/read', { uri: 'x:y', name: 'a' }, 'resources', 'x:y'],
    ['resources/subscribe', { uri: 'x:y' }, 'resources', 'x:y'],
    ['resources/unsubscribe', { uri: 'x:y' }, 'resources', 'x:y'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'a' } }, 'prompts', 'a'],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'x:{y}' } }, 'resources', 'x:{y}'],
    ['tools/call', {}, 'tools', undefined],
    ['tools/call', undefined, 'tools', undefined],
    ['tools/call', ['a'], 'tools', undefined],
    ['tools/call', { name: 5 }, 'tools', undefined],
    ['tools/call', Object.create({ name: 'a' }), 'tools', undefined],
    ['subscriptions/listen', { notifications: { resourceSubscriptions: 'x:y' } }, 'resources', undefined],
    ['subscriptions/listen', { notifications: { resourceSubscriptions: [5] } }, 'resources', undefined],
  ] as const) {
    it(`${method} with ${JSON.stringify(params)} names ${kind} ${name}`, () => {
      expect(of(method, params)).to.deep.equal([{ kind, name }]);
    });
  }

  it('of a completion can be either if its reference is of an unknown type', () => {
    for (const ref of [undefined, {}, { type: 'ref/tool', name: 5 }, { type: ['ref/prompt'] }]) {
      expect(of('completion/complete', { ref })).to.deep.equal([
        { kind: 'prompts', name: undefined },
        { kind: 'resources', name: undefined },
      ]);
    }
  });

  it('include every subscription', () => {
    const notifications = { resourceSubscriptions: ['a:', 'b:'], toolsListChanged: true };
    expect(of('subscriptions/listen', { notifications }).map(({ name }) => name)).to.deep.equal(['a:', 'b:']);
    expect(of('subscriptions/listen', { notifications: {} })).to.deep.equal([]);
  });

  it('are empty for any other message', () => {
    for (const method of ['ping', 'tools/list', 'Tools/call', 'toString', '__proto__', 5, undefined]) {
      expect(of(method, { name: 'a' }), String(method)).to.deep.equal([]);
    }
    for (const value of [null, 'tools/call', 5, [], { result: { name: 'a' } }])
      expect(itemsOf(value)).to.deep.equal([]);
  });

  it('detects variants in the spelling of methods', () => {
    for (const method of [
      'Tools/Call',
      'tools/call ',
      '\ttools/list',
      'tools/call\0',
      'tools/li\u017ft',
      'tools/\u200bcall',
    ]) {
      expect(isOddSpelling(method), JSON.stringify(method)).to.equal(true);
    }
    for (const method of ['tools/call', 'tools/list', 'tools/calls', 'tools//call', 'Ping', '']) {
      expect(isOddSpelling(method), method).to.equal(false);
    }
  });

  it('distinguishes list requests', () => {
    expect(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'].every(isList)).to.equal(true);
    expect(['tools/call', 'roots/list', 'constructor', ''].some(isList)).to.equal(false);
  });
});
