import { expect } from 'chai';
import { checkContent } from '../../../core/mcp/content.ts';

/** Status and message of the denial; undefined if there is none. */
const gist = (type: string | undefined, encoding?: string) => {
  const denial = checkContent(type, encoding);
  return denial === undefined ? undefined : [denial.status, denial.error.message];
};

describe('core/mcp/content', () => {
  for (const type of [
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; a=b ; charset = utf8 ; c=d',
    'application/json; a=b',
    'application/json;',
  ]) {
    it(`${type} is accepted`, () => {
      for (const encoding of [undefined, 'identity', ' Identity ']) expect(gist(type, encoding)).to.equal(undefined);
    });
  }

  for (const type of [
    undefined,
    '',
    'text/json',
    'text/plain; a=application/json',
    'application/json, application/json',
  ]) {
    it(`${type} is not JSON`, () => expect(gist(type)).to.deep.equal([415, 'Content-Type must be application/json']));
  }

  for (const type of [
    'application/json; charset=utf-7',
    'application/json; CharSet=UTF-7',
    'application/json; charset="utf-7"',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; charset=utf-7; charset=utf-8',
    'application/json; x="; charset=utf-8"; charset=utf-7',
    "application/json; charset*=utf-8''utf-7",
    'application/json; charset="utf-8\\-7"',
    'application/json; charset=',
    'application/json; charset',
    'application/json; charset=utf-8,utf-7',
  ]) {
    it(`${type} is ambiguous`, () => {
      expect(gist(type)?.[0]).to.equal(415);
    });
  }

  for (const encoding of ['gzip', 'br', 'identity, br', 'x', '']) {
    it(`Content-Encoding ${JSON.stringify(encoding)} is not decoded`, () => {
      expect(gist('application/json', encoding)).to.deep.equal([415, 'The body must not have a Content-Encoding']);
    });
  }
});
