import { expect } from 'chai';
import { parseOptions } from '../../bench/options.ts';
import { listenerPort } from '../../bench/tools/envoy.ts';
import { fillTemplate } from '../../bench/tools/template.ts';
import { UserError } from '../../core/errors.ts';

describe('the options of the benchmark', () => {
  it('have defaults', () => {
    expect(parseOptions([])).to.include({ rounds: 3, seconds: 5 });
    expect(parseOptions([]).connections).to.deep.equal([1, 16, 64]);
    expect(parseOptions([]).chains).to.deep.equal([
      'upstream',
      'router-only',
      'native-chain',
      'native-chain-4',
      'gateway-no-policy',
      'gateway',
      'gateway-quota',
      'gateway-quota-4',
    ]);
  });

  it('keep the order of the chains, regardless of the order in which they are named', () => {
    expect(parseOptions(['--chains', 'gateway,upstream']).chains).to.deep.equal(['upstream', 'gateway']);
  });

  for (const argv of [
    ['--rounds', '0'],
    ['--seconds', '1.5'],
    ['--connections', '1,,2'],
    ['--chains', 'x'],
    ['--colour'],
  ]) {
    it(`reject ${argv.join(' ')}`, () => {
      expect(() => parseOptions(argv))
        .to.throw(UserError, argv[0])
        .with.property('code', 'usage');
    });
  }
});

describe('fillTemplate', () => {
  it('escapes values for double quotes', () => {
    expect(fillTemplate('a: "@KEY_SET@"', { KEY_SET: '{"k": 1}' })).to.equal('a: "{\\"k\\": 1}"');
  });
  it('rejects a placeholder without a value', () => expect(() => fillTemplate('"@A@"', {})).to.throw('@A@'));
  it('rejects a value without a placeholder', () => expect(() => fillTemplate('', { A: '1' })).to.throw('A'));
});

describe('listenerPort', () => {
  it('reads the port that Envoy listens on', () => {
    const address = { socket_address: { address: '127.0.0.1', port_value: 4567 } };
    expect(listenerPort(JSON.stringify({ listener_statuses: [{ name: 'mcp', local_address: address }] }))).to.equal(
      4567,
    );
  });
  it('returns undefined while there is no listener', () => expect(listenerPort('{}')).to.equal(undefined));
});
