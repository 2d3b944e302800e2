import { expect } from 'chai';
import { bodyKindOf } from '../../../ext-proc/filter/body-kind.ts';

const kinds: Record<'json' | 'events' | 'type' | 'charset', string[]> = {
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
  charset: [
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/json;charset="iso-8859-1"',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset*=utf-8',
    'application/json; profile="charset=utf-8"',
    'application/json; charset=utf-8x',
    'application/json; charset',
    'text/event-stream; charset=utf-16',
    'text/event-stream; charset=utf-16le',
  ],
  type: [
    '',
    'text/plain',
    'application/json-patch+json',
    'application/json, text/event-stream',
    'application/json; a=b, text/event-stream',
    'text/event-stream, application/json',
    'text/event-stream; a=application/json',
    'x-application/json',
  ],
};

describe('ext-proc/filter/body-kind', () => {
  for (const [kind, types] of Object.entries(kinds)) {
    for (const contentType of types) {
      it(`${contentType || 'no type'} is ${kind}`, () => {
        const wanted = kind === 'json' || kind === 'events' ? kind : { unreadable: kind };
        expect(bodyKindOf({ contentType, contentEncoding: undefined })).to.deep.equal(wanted);
      });
    }
  }

  it('is readable only without an encoding', () => {
    const kindIn = (contentEncoding: string) => bodyKindOf({ contentType: 'application/json', contentEncoding });
    for (const none of ['', 'identity', 'Identity']) expect(kindIn(none), none).to.equal('json');
    for (const some of ['gzip', 'br', 'identity, gzip', 'gzip, identity', 'x']) {
      expect(kindIn(some), some).to.deep.equal({ unreadable: 'encoding' });
    }
  });

  it('is unreadable without a type', () => {
    expect(bodyKindOf({ contentType: undefined, contentEncoding: undefined })).to.deep.equal({ unreadable: 'type' });
  });
});
