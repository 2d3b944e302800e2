import { expect } from 'chai';
import { Backoff } from '../../../k8s/api/backoff.ts';
import { errorOfAnswer, errorOfConnection, errorOfStatus, isApiError, toUserError } from '../../../k8s/api/errors.ts';
import { describeOperation, PODS, pathOf, SECRETS } from '../../../k8s/api/resources.ts';

const status = (code: number, more: object = {}) => JSON.stringify({ kind: 'Status', code, message: 'why', ...more });

describe('k8s/api/errors', () => {
  for (const [code, reason, kind] of [
    [404, 'NotFound', 'not-found'],
    [409, 'AlreadyExists', 'already-exists'],
    [409, 'Conflict', 'conflict'],
    [410, 'Expired', 'gone'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [429, 'TooManyRequests', 'throttled'],
    [500, 'InternalError', 'transient'],
    [503, 'ServiceUnavailable', 'transient'],
    [422, 'Invalid', 'rejected'],
  ] as const) {
    it(`maps ${code} ${reason} to ${kind}`, () => {
      const error = errorOfAnswer('list pods', code, undefined, status(code, { reason }));
      expect(error).to.include({ kind, status: code, reason, message: 'cannot list pods: why' });
      expect(error.retryable).to.equal(kind === 'throttled' || kind === 'transient');
      expect(isApiError(error, kind)).to.equal(true);
      expect(isApiError(error, kind === 'gone' ? 'conflict' : 'gone')).to.equal(false);
    });
  }

  for (const message of [
    'failed to create typed patch object (/a; apps/v1, Kind=StatefulSet): .spec.x: field not declared in schema',
    'failed to convert new object (/a; apps/v1, Kind=StatefulSet) to proper version: unable to convert',
  ]) {
    it(`maps the 500 of an apply with a wrong type to rejected: ${message.slice(0, 30)}`, () => {
      const body = JSON.stringify({ kind: 'Status', code: 500, message });
      expect(errorOfAnswer('patch statefulsets', 500, undefined, body).kind).to.equal('rejected');
    });
  }

  it('maps a version in the future to gone, so that objects are listed again', () => {
    const body = status(504, { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } });
    expect(errorOfAnswer('watch pods', 504, undefined, body).kind).to.equal('gone');
  });

  it('has the time that the server asks to wait', () => {
    expect(errorOfAnswer('x', 429, '7', '').retryAfterMs).to.equal(7_000);
    expect(errorOfAnswer('x', 429, 'soon', status(429, { details: { retryAfterSeconds: 2 } })).retryAfterMs).to.equal(
      2_000,
    );
    expect(errorOfAnswer('x', 429, undefined, '').retryAfterMs).to.equal(undefined);
  });

  it('reads a body that is not a Status, and a Status in a watch', () => {
    expect(errorOfAnswer('x', 502, undefined, '<html>bad gateway').message).to.equal(
      'cannot x: the API server answered 502 <html>bad gateway',
    );
    expect(errorOfStatus('watch pods', JSON.parse(status(410))).kind).to.equal('gone');
    expect(errorOfStatus('watch pods', 'nonsense').kind).to.equal('transient');
  });

  it('names the operation, and what to do', () => {
    const operation = describeOperation('list', PODS, { namespace: 'mcp' });
    expect(operation).to.equal('list pods in the namespace mcp');
    const forbidden = toUserError(errorOfAnswer(operation, 403, undefined, status(403)));
    expect(forbidden).to.include({ code: 'forbidden', message: 'cannot list pods in the namespace mcp: why' });
    expect(forbidden.hint).to.contain('the permission to list pods in the namespace mcp');
    const away = toUserError(errorOfConnection(operation, 'https://a', new Error('refused')));
    expect(away).to.include({ code: 'cluster-unavailable' });
    expect(away.message).to.contain('the API server https://a cannot be reached: refused');
  });

  it('escapes names in paths', () => {
    expect(pathOf(SECRETS, { namespace: 'a', name: '../x' })).to.equal('/api/v1/namespaces/a/secrets/..%2Fx');
    expect(pathOf({ apiVersion: 'apps/v1', kind: 'X', plural: 'xs' }, { subresource: 'status', name: 'n' })).to.equal(
      '/apis/apps/v1/xs/n/status',
    );
  });
});

describe('k8s/api/backoff', () => {
  it('waits longer each time up to a limit, with jitter, and at least as long as the server asks', () => {
    const of = (random: number) => new Backoff({ firstMs: 100, maxMs: 500, random: () => random });
    const slow = of(1);
    expect([slow.next(), slow.next(), slow.next(), slow.next(), slow.next()]).to.deep.equal([100, 200, 400, 500, 500]);
    expect(of(0).next()).to.equal(50);
    expect(of(0).next(7_000)).to.equal(7_000);
    slow.reset();
    expect(slow.next()).to.equal(100);
  });
});
