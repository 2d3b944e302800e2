import { expect } from 'chai';
import { splitLines } from '../../../runtime/processes/lines.ts';

function split(pieces: string[], maxLength?: number): string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line), maxLength);
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return lines;
}

describe('runtime/processes/lines', () => {
  it('joins pieces and splits at both kinds of line breaks', () => {
    expect(split(['on', 'e\r', '\ntwo\n\nth', 'ree'])).to.deep.equal(['one', 'two', '', 'three']);
  });

  it('emits nothing without output, and no empty last line', () => {
    expect(split([])).to.deep.equal([]);
    expect(split(['one\n'])).to.deep.equal(['one']);
  });

  it('cuts a line that is too long and continues with the next', () => {
    expect(split(['abcd', 'efgh', 'ij\nabcde\nk'], 5)).to.deep.equal(['abcde [cut]', 'abcde', 'k']);
    expect(split(['abcdef'], 5)).to.deep.equal(['abcde [cut]']);
  });
});
