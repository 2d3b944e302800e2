import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { allowedConnections } from '../../../runtime/processes/allowed-connections.ts';
import { connectionLimit } from '../../../runtime/processes/open-files.ts';

const limits = (files: string) =>
  `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${files}  ${files}  files\n`;

describe('runtime/processes/open-files', () => {
  for (const [files, connections] of [
    ['1048576', 20_000],
    ['40512', 20_000],
    ['40510', 19_999],
    ['4096', 1_792],
    ['1024', 256],
    ['512', 0],
    ['20', 0],
    ['unlimited', 20_000],
  ] as const) {
    it(`${files} open files allow ${connections} connections`, () => {
      expect(connectionLimit(limits(files)).connections).to.equal(connections);
    });
  }

  it('are not known on systems without /proc', () => {
    expect(connectionLimit('')).to.deep.equal({ connections: 20_000, openFiles: undefined, wanted: 40_512 });
  });

  it('are read for this process', () => {
    expect(connectionLimit().connections).to.be.greaterThan(0);
  });

  it('are reported if they allow fewer connections, and refused if they allow hardly any', () => {
    const warnings: string[] = [];
    const log = { warn: (text: string) => void warnings.push(text) };
    expect(allowedConnections(log, connectionLimit(limits('1048576')))).to.equal(20_000);
    expect(warnings).to.deep.equal([]);
    expect(allowedConnections(log, connectionLimit(limits('1024')))).to.equal(256);
    expect(warnings).to.deep.equal([
      'a process may open 1024 files, so at most 256 clients can be connected. Raise it to 40512: with ulimit -n, with LimitNOFILE of systemd, or in the settings of the container runtime.',
    ]);
    expect(() => allowedConnections(log, connectionLimit(limits('600'))))
      .to.throw(UserError, 'a process may open 600 files, too few for a gateway')
      .with.property('exitCode', 71);
  });
});
