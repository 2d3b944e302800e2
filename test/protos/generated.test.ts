import { expect } from 'chai';
import { drift, generate, read } from '../../scripts/generate-protos.ts';

describe('generated types', () => {
  const wanted = generate();

  it('are up to date with the .proto files', () => {
    expect(drift(wanted, read())).to.deep.equal([]);
    expect(wanted.size).to.be.greaterThan(50);
  });

  it('are the same each time', () => {
    expect([...generate()]).to.deep.equal([...wanted]);
  });

  it('contain no path of the machine that generated them', () => {
    const origins = [...wanted.values()].flatMap((text) => text.match(/^\/\/ Original file: .*$/m) ?? []);
    expect(origins).not.to.deep.equal([]);
    for (const origin of origins) expect(origin).to.match(/^\/\/ Original file: (null|protos\/[\w/]+\.proto)$/);
  });

  it('are out of date if a file is missing, differs or is left over', () => {
    const paths = [...wanted.keys()];
    const [first = '', second = ''] = paths;
    const found = new Map(wanted);
    found.delete(first);
    found.set(second, `${found.get(second)}// changed\n`);
    found.set('envoy/Gone.ts', '');
    expect(drift(wanted, found)).to.have.members([
      `protos/gen/${first} is missing`,
      `protos/gen/${second} is stale`,
      'protos/gen/envoy/Gone.ts is not generated any more',
    ]);
  });
});
