import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { formatProblem } from '../../../core/document/problems.ts';
import { parseSessionKeys } from '../../../core/session/keys.ts';

const bytes = (fill: number) => Buffer.alloc(32, fill);
const line = (fill: number) => bytes(fill).toString('base64');

function problems(text: string): string[] {
  const parsed = parseSessionKeys(text, 'keys');
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('core/session/keys', () => {
  it('seal with the first, open with all', () => {
    const parsed = parseSessionKeys(`# newest first\n${line(1)}\n\n  ${line(2)}  \r\n`, 'keys');
    if (!parsed.ok) throw new Error('rejected');
    const { sealing, byId } = parsed.value;
    expect(sealing.key.export()).to.deep.equal(bytes(1));
    expect([...byId.values()].map(({ key }) => key.export())).to.deep.equal([bytes(1), bytes(2)]);
  });

  it('have the beginning of their hash as id', () => {
    const parsed = parseSessionKeys(line(3), 'keys');
    const id = createHash('sha256').update(bytes(3)).digest().subarray(0, 4);
    expect(parsed.ok && parsed.value.sealing.id).to.deep.equal(id);
    expect(parsed.ok && [...parsed.value.byId.keys()]).to.deep.equal([id.readUInt32BE()]);
  });

  it('can be in base64 or base64url, with or without padding', () => {
    const key = Buffer.alloc(32, 0xfb);
    for (const text of [key.toString('base64'), key.toString('base64').replace('=', ''), key.toString('base64url')]) {
      const parsed = parseSessionKeys(text, 'keys');
      expect(parsed.ok && parsed.value.sealing.key.export(), text).to.deep.equal(key);
    }
  });

  it('are rejected with every wrong line', () => {
    const text = ['short', line(1), bytes(1).toString('hex'), line(1), Buffer.alloc(33).toString('base64'), 'a b'].join(
      '\n',
    );
    const lines = problems(text).map((problem) => /^keys:(\d): /.exec(problem)?.[1]);
    expect(lines).to.deep.equal(['1', '3', '4', '5', '6']);
  });

  it('are rejected if there are none', () => {
    for (const text of ['', '\n\n', '# nothing']) expect(problems(text), JSON.stringify(text)).to.have.length(1);
  });

  it('are never shown in a problem', () => {
    const almost = Buffer.alloc(31, 7).toString('base64');
    expect(problems(almost).join()).not.to.contain(almost.slice(0, 8));
  });
});
