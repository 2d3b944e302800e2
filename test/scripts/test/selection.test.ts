import { expect } from 'chai';
import { parseSelection } from '../../../scripts/test/selection.ts';

describe('what npm test runs', () => {
  it('is every test file, or those that are named', () => {
    expect(parseSelection([]).files)
      .to.include.members(['test/scripts/test/selection.test.ts', 'test/core/document/parse.test.ts'])
      .and.to.have.length.above(200);
    expect(parseSelection(['test/core/document/parse.test.ts']).files).to.deep.equal([
      'test/core/document/parse.test.ts',
    ]);
  });

  it('may be named by folders and patterns, each file once', () => {
    const { files } = parseSelection(['test/core/document/', 'test/core/doc*/p*.test.ts']);
    expect(files).to.include('test/core/document/parse.test.ts').and.to.have.length.above(1);
    expect(new Set(files).size).to.equal(files.length);
  });

  it('can be followed by options for mocha', () => {
    expect(parseSelection(['--grep', 'x y']).mochaArgs).to.deep.equal(['--grep', 'x y']);
    expect(parseSelection(['--unit', 'test/core/document', '--bail']))
      .to.include({ unitOnly: true })
      .and.deep.include({ mochaArgs: ['--bail'] });
  });

  it('must exist', () => {
    expect(() => parseSelection(['test/none.test.ts'])).to.throw('test/none.test.ts');
  });
});
