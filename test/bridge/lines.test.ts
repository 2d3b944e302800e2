import { expect } from 'chai';
import { type Line, Lines } from '../../bridge/lines.ts';

function split(maxBytes: number, chunks: Buffer[]): Line[] {
  const lines: Line[] = [];
  const splitter = new Lines(maxBytes, (line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  return lines;
}

describe('bridge/lines', () => {
  it('splits at line feeds, wherever the chunks end, and never splits a character', () => {
    const bytes = Buffer.from('eins\nzwölf 世界\n\nrest');
    const expected = [{ text: 'eins' }, { text: 'zwölf 世界' }, { text: '' }];
    expect(split(100, [bytes])).to.deep.equal(expected);
    expect(
      split(
        100,
        [...bytes].map((byte) => Buffer.from([byte])),
      ),
    ).to.deep.equal(expected);
  });

  it('keeps a line of exactly the limit, and only the ends of a longer one', () => {
    const long = `${'a'.repeat(2_000)}${'z'.repeat(2_000)}`;
    const text = `${'x'.repeat(1_000)}\n${long}\nnext\n`;
    const expected = [
      { text: 'x'.repeat(1_000) },
      { tooLong: true, head: 'a'.repeat(512), tail: 'z'.repeat(512) },
      { text: 'next' },
    ];
    expect(split(1_000, [Buffer.from(text)])).to.deep.equal(expected);
    const pieces = (text.match(/.{1,7}|\n/g) ?? []).map((piece) => Buffer.from(piece));
    expect(split(1_000, pieces)).to.deep.equal(expected);
  });
});
