import { expect } from 'chai';
import { CLUSTER, ENDPOINTS, resourcesOf } from '../../../envoy/ads/snapshot.ts';
import { type Delta, type DeltaRequest, Subscription } from '../../../envoy/ads/subscription.ts';
import { snapshotOf } from './snapshots.ts';

const request = (more: Partial<DeltaRequest> = {}): DeltaRequest => ({
  subscribe: [],
  unsubscribe: [],
  initialVersions: new Map(),
  nonce: '',
  error: undefined,
  ...more,
});

const names = (delta: Delta | undefined) =>
  delta && { sent: delta.resources.map(({ name }) => name), removed: delta.removed };
const versionOf = (name: string, text: string, type: string = CLUSTER) =>
  resourcesOf(snapshotOf({ [name]: text }), type, name)?.version ?? '';

/** A subscription after Envoy's first request. */
function subscribed(type: string, ...subscribe: string[]): Subscription {
  const subscription = new Subscription(type);
  subscription.receive(request({ subscribe }));
  return subscription;
}

/** Takes the next response and accepts it. */
function accept(subscription: Subscription, snapshot: ReturnType<typeof snapshotOf>) {
  const delta = subscription.next(snapshot);
  subscription.receive(request({ nonce: delta?.nonce ?? 'none' }));
  return names(delta);
}

describe('envoy/ads/subscription', () => {
  it('sends nothing before the first request', () => {
    const subscription = new Subscription(CLUSTER);
    expect(subscription.next(snapshotOf({ a: '1' }))).to.equal(undefined);
    expect(subscription.settled(new Map())).to.equal(false);
  });

  for (const [how, subscribe] of [
    ['no name', []],
    ['*', ['*']],
  ] as const) {
    it(`sends all clusters if Envoy subscribes with ${how}`, () => {
      const subscription = subscribed(CLUSTER, ...subscribe);
      expect(accept(subscription, snapshotOf({ a: '1', b: '1' }))).to.deep.equal({ sent: ['a', 'b'], removed: [] });
      expect(subscription.next(snapshotOf({ a: '1', b: '1' }))).to.equal(undefined);
    });
  }

  it('sends one empty response, since Envoy waits for it', () => {
    const subscription = subscribed(CLUSTER);
    expect(accept(subscription, new Map())).to.deep.equal({ sent: [], removed: [] });
    expect(subscription.next(new Map())).to.equal(undefined);
    expect(subscription.settled(new Map())).to.equal(true);
  });

  it('sends endpoints by name only', () => {
    const subscription = subscribed(ENDPOINTS, 'b', 'missing');
    expect(accept(subscription, snapshotOf({ a: '1', b: '1' }))).to.deep.equal({ sent: ['b'], removed: [] });
    subscription.receive(request({ subscribe: ['a'] }));
    expect(accept(subscription, snapshotOf({ a: '1', b: '1' }))).to.deep.equal({ sent: ['a'], removed: [] });
    subscription.receive(request({ unsubscribe: ['b'] }));
    expect(accept(subscription, snapshotOf({ a: '2', b: '2' }))).to.deep.equal({ sent: ['a'], removed: [] });
  });

  it('sends no endpoints if the first request names none', () => {
    expect(subscribed(ENDPOINTS).next(snapshotOf({ a: '1' }))).to.equal(undefined);
  });

  it('sends only changes and removals', () => {
    const subscription = subscribed(CLUSTER);
    accept(subscription, snapshotOf({ a: '1', b: '1', c: '1' }));
    expect(accept(subscription, snapshotOf({ a: '1', b: '2', d: '1' }))).to.deep.equal({
      sent: ['b', 'd'],
      removed: ['c'],
    });
    expect(subscription.next(snapshotOf({ a: '1', b: '2', d: '1' }))).to.equal(undefined);
  });

  it('has one unanswered response at a time, then sends the newest version', () => {
    const subscription = subscribed(CLUSTER);
    const first = subscription.next(snapshotOf({ a: '1' }));
    expect(subscription.next(snapshotOf({ a: '2' }))).to.equal(undefined);
    expect(subscription.settled(snapshotOf({ a: '1' }))).to.equal(false);
    subscription.receive(request({ nonce: first?.nonce ?? '' }));
    const second = subscription.next(snapshotOf({ a: '3' }));
    expect(second?.resources[0]?.resource.version).to.equal(versionOf('a', '3'));
    expect(second?.nonce).not.to.equal(first?.nonce);
  });

  it('ignores an answer to another response', () => {
    const subscription = subscribed(CLUSTER);
    subscription.next(snapshotOf({ a: '1' }));
    for (const nonce of ['', 'x']) expect(subscription.receive(request({ nonce, error: 'no' }))).to.equal(undefined);
    expect(subscription.settled(snapshotOf({ a: '1' }))).to.equal(false);
  });

  it('is settled once Envoy has everything', () => {
    const subscription = subscribed(ENDPOINTS, 'a');
    accept(subscription, snapshotOf({ a: '1' }));
    expect(subscription.settled(snapshotOf({ a: '1' }))).to.equal(true);
    expect(subscription.settled(snapshotOf({ a: '2' }))).to.equal(false);
    expect(subscription.settled(snapshotOf({ a: '1', b: '1' })), 'not subscribed to').to.equal(false);
    expect(subscription.settled(snapshotOf({ a: '1', b: '1' }), (name) => name === 'b')).to.equal(true);
    expect(subscription.settled(new Map()), 'removal not sent').to.equal(false);
  });

  describe('rejected', () => {
    function reject(subscription: Subscription, snapshot: ReturnType<typeof snapshotOf>, error: string) {
      const delta = subscription.next(snapshot);
      return names(subscription.receive(request({ nonce: delta?.nonce ?? '', error })));
    }

    it('is sent again only once it has changed', () => {
      const subscription = subscribed(CLUSTER);
      expect(reject(subscription, snapshotOf({ a: '1' }), 'bad')).to.deep.equal({ sent: ['a'], removed: [] });
      expect(subscription.isRejected('a')).to.equal(true);
      expect(subscription.next(snapshotOf({ a: '1' }))).to.equal(undefined);
      expect(subscription.settled(snapshotOf({ a: '1' }))).to.equal(true);
      expect(accept(subscription, snapshotOf({ a: '2' }))).to.deep.equal({ sent: ['a'], removed: [] });
      expect(subscription.isRejected('a')).to.equal(false);
    });

    it('leaves the last good version with Envoy until the resource is removed', () => {
      const subscription = subscribed(CLUSTER);
      accept(subscription, snapshotOf({ a: '1' }));
      reject(subscription, snapshotOf({ a: '2' }), 'bad');
      expect(accept(subscription, snapshotOf({}))).to.deep.equal({ sent: [], removed: ['a'] });
    });

    it('sends nothing if it changes back to the last good version', () => {
      const subscription = subscribed(CLUSTER);
      accept(subscription, snapshotOf({ a: '1' }));
      reject(subscription, snapshotOf({ a: '2' }), 'bad');
      expect(subscription.next(snapshotOf({ a: '1' }))).to.equal(undefined);
    });

    it('is only the resource that the reason names', () => {
      const subscription = subscribed(CLUSTER);
      const snapshot = snapshotOf({ 'backend/a': '1', 'backend/b': '1' });
      expect(reject(subscription, snapshot, 'Error adding/updating cluster(s) backend/b: no')?.sent).to.deep.equal([
        'backend/b',
      ]);
      expect(subscription.isRejected('backend/a')).to.equal(false);
      expect(subscription.next(snapshot)).to.equal(undefined);
    });

    it('is not a resource whose name merely starts or ends the same', () => {
      const subscription = subscribed(CLUSTER);
      const snapshot = snapshotOf({ 'backend/a': '1', 'backend/a-b': '1', 'backend/ab': '1' });
      expect(reject(subscription, snapshot, 'cluster(s) backend/a-b: no, old-backend/a: no')?.sent).to.deep.equal([
        'backend/a-b',
      ]);
    });

    it('is sent again after it was removed for a while', () => {
      const subscription = subscribed(CLUSTER);
      accept(subscription, snapshotOf({ b: '1' }));
      reject(subscription, snapshotOf({ a: '1', b: '1' }), 'bad: a');
      subscription.next(snapshotOf({ b: '1' }));
      expect(names(subscription.next(snapshotOf({ a: '1', b: '1' })))?.sent).to.deep.equal(['a']);
    });
  });

  describe('on a new stream', () => {
    it('sends only what Envoy lacks', () => {
      const subscription = new Subscription(CLUSTER);
      const initialVersions = new Map([
        ['a', versionOf('a', '1')],
        ['b', versionOf('b', 'old')],
        ['c', versionOf('c', '1')],
      ]);
      subscription.receive(request({ initialVersions }));
      expect(accept(subscription, snapshotOf({ a: '1', b: '1' }))).to.deep.equal({ sent: ['b'], removed: ['c'] });
    });

    it('does not repeat endpoints that Envoy has', () => {
      const subscription = new Subscription(ENDPOINTS);
      const initialVersions = new Map([['a', versionOf('a', '1', ENDPOINTS)]]);
      subscription.receive(request({ subscribe: ['a', 'b'], initialVersions }));
      expect(accept(subscription, snapshotOf({ a: '1', b: '1' }))).to.deep.equal({ sent: ['b'], removed: [] });
    });
  });

  describe('subscribed to again', () => {
    it('is sent again although nothing changed, also when the request answers a response', () => {
      const snapshot = snapshotOf({ a: '1' });
      const subscription = subscribed(ENDPOINTS, 'a');
      accept(subscription, snapshot);
      subscription.receive(request({ subscribe: ['a'] }));
      const again = subscription.next(snapshot);
      expect(names(again)?.sent).to.deep.equal(['a']);
      subscription.receive(request({ nonce: again?.nonce ?? '', subscribe: ['a'] }));
      expect(names(subscription.next(snapshot))?.sent).to.deep.equal(['a']);
    });

    it('is repeated if a changed cluster needs it', () => {
      const snapshot = snapshotOf({ a: '1', b: '1' });
      const subscription = subscribed(ENDPOINTS, 'a', 'b');
      accept(subscription, snapshot);
      subscription.repeat(['a', 'c']);
      expect(accept(subscription, snapshot)).to.deep.equal({ sent: ['a'], removed: [] });
    });

    it('is repeated although an older response is not answered yet', () => {
      const snapshot = snapshotOf({ a: '1' });
      const subscription = subscribed(ENDPOINTS, 'a');
      const older = subscription.next(snapshot);
      subscription.repeat(['a']);
      subscription.receive(request({ nonce: older?.nonce ?? '' }));
      expect(accept(subscription, snapshot)).to.deep.equal({ sent: ['a'], removed: [] });
      expect(subscription.next(snapshot)).to.equal(undefined);
    });

    it('is all that is sent once Envoy unsubscribes from everything else', () => {
      const subscription = subscribed(CLUSTER, '*', 'a');
      accept(subscription, snapshotOf({ a: '1', b: '1' }));
      subscription.receive(request({ unsubscribe: ['*'] }));
      expect(accept(subscription, snapshotOf({ a: '2', b: '2' }))?.sent).to.deep.equal(['a']);
    });
  });
});
