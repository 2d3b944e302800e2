import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DENIALS } from '../../core/mcp/denial.ts';
import { PROJECT } from '../support/gateway.ts';

const TEXT = readFileSync(join(PROJECT, 'docs', 'troubleshooting.md'), 'utf8');
const [, SECTION = ''] = TEXT.split('\n## Every denial\n');
const ROWS = (SECTION.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => /^\| .* \| -32/.test(line))
  .map((line) => line.replace(/^\| /, '').split(' | '));

/** What Envoy itself replies, by the mappers of envoy.yaml. */
function repliesOfEnvoy(): { code: number; message: string }[] {
  const yaml = readFileSync(join(PROJECT, 'envoy', 'envoy.yaml'), 'utf8');
  return [...yaml.matchAll(/error: \{code: (-\d+), message: (?:"([^"]*)"|([^}]*))\}/g)].map(
    ([, code, quoted, plain]) => ({
      code: Number(code),
      message: (quoted ?? plain ?? '').replace('%RESPONSE_CODE%', '...'),
    }),
  );
}

describe('docs/troubleshooting.md', () => {
  it('has every reason of a denial, with its status and code, and no other', () => {
    const shown = ROWS.flatMap(([reason = '', status, code]) => {
      const name = /^`([a-z-]+)`$/.exec(reason)?.[1];
      return name === undefined ? [] : [[name, Number(status), Number(code)]];
    });
    const rows = Object.entries(DENIALS).map(([reason, { status, code }]) => [reason, status, code]);
    // ext-authz and ext-proc both deny for this reason.
    const { status, code } = DENIALS.unavailable;
    expect(shown).to.have.deep.members([...rows, ['unavailable', status, code]]);
  });

  it('has every reply of Envoy itself, and no other', () => {
    const shown = ROWS.filter(([status = '']) => /^(\d+|other)$/.test(status)).map(([, code, message = '']) => ({
      code: Number(code),
      message: message.replaceAll('`', ''),
    }));
    const distinct = new Map(repliesOfEnvoy().map((reply) => [JSON.stringify(reply), reply]));
    expect(distinct.size).to.be.greaterThan(7);
    expect(shown).to.have.deep.members([...distinct.values()]);
  });
});
