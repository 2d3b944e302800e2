import { expect } from 'chai';
import { type BodyKind, bodyKindOf } from '../../../ext-proc/filter/body-kind.ts';

const kinds: Record<BodyKind, string[]> = {
  json: [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json ;charset="UTF-8"',
    'application/json;profile=x',
  ],
  events: [
    'text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream;charset=utf-8',
    'text/event-stream; charset="UTF-8"',
  ],
  unreadable: [
    '',
    'text/plain',
    'application/json-patch+json',
    'application/json, text/event-stream',
    'application/json; a=b, text/event-stream',
    'text/event-stream, application/json',
    'text/event-stream; charset=utf-16',
    'text/event-stream; a=application/json',
    'x-application/json',
  ],
};

describe('ext-proc/filter/body-kind', () => {
  for (const [kind, types] of Object.entries(kinds)) {
    for (const contentType of types) {
      it(`${contentType || 'no type'} is ${kind}`, () => {
        expect(bodyKindOf({ contentType, contentEncoding: undefined })).to.equal(kind);
      });
    }
  }

  it('is readable only without an encoding', () => {
    const kindIn = (contentEncoding: string) => bodyKindOf({ contentType: 'application/json', contentEncoding });
    for (const none of ['', 'identity', 'Identity']) expect(kindIn(none), none).to.equal('json');
    for (const some of ['gzip', 'br', 'identity, gzip', 'gzip, identity', 'x']) {
      expect(kindIn(some), some).to.equal('unreadable');
    }
  });

  it('is unreadable without a type', () => {
    expect(bodyKindOf({ contentType: undefined, contentEncoding: undefined })).to.equal('unreadable');
  });
});
