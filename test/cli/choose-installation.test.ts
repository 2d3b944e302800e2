import { resolve } from 'node:path';
import { expect } from 'chai';
import { chooseInstallation, chosenKind, INSTALLATION_OPTIONS } from '../../cli/choose-installation.ts';
import type { Terminal } from '../../cli/command.ts';
import { parseOptions } from '../../cli/command.ts';
import { admin } from '../../cli/commands/admin.ts';
import { backends } from '../../cli/commands/backends.ts';
import { clients } from '../../cli/commands/clients.ts';
import { serve } from '../../cli/commands/serve.ts';
import { UserError } from '../../core/errors.ts';
import { READERS } from './clients/readers.ts';

const OPTIONS = Object.entries(INSTALLATION_OPTIONS);
const namesOf = (kind: 'folder' | 'cluster') =>
  OPTIONS.filter(([, option]) => option.kind === kind).map(([name]) => name);
/** A value for every option of a kind. */
const everyOption = (kind: 'folder' | 'cluster') =>
  Object.fromEntries(namesOf(kind).map((name) => [name, `value-of-${name}`]));

/** The arguments of `mcp-gateway` in the snippet that `clients print` prints for these options. */
async function printedArgs(choice: Record<string, string>): Promise<readonly string[]> {
  const lines: string[] = [];
  const terminal: Terminal = {
    ...{ program: '', env: {}, interactive: false },
    print: (line) => lines.push(line),
    tell: () => undefined,
  };
  const given = Object.entries(choice).flatMap(([name, value]) => [`--${name}`, value]);
  expect(await clients.run(['print', 'cursor', ...given], terminal)).to.equal(0);
  const [registration] = READERS.get('cursor')?.(lines.join('\n')) ?? [];
  return registration?.use === 'administrator' ? registration.args : [];
}

describe('the options that choose an installation', () => {
  for (const kind of ['folder', 'cluster'] as const) {
    it(`all reach the snippets of clients print: ${kind}`, async () => {
      const given = everyOption(kind);
      const [command, ...args] = await printedArgs(given);
      expect(command).to.equal('serve');
      const { values } = parseOptions('serve', args, INSTALLATION_OPTIONS);
      const wanted = OPTIONS.flatMap(([name, { value }]) => {
        const text = given[name];
        return text === undefined ? [] : [[name, value === 'NAME' ? text : resolve(text)]];
      });
      expect({ ...values }).to.deep.equal(Object.fromEntries(wanted));
    });

    it(`choose a ${kind}`, async () => {
      expect(chosenKind('serve', everyOption(kind))).to.equal(kind);
      expect((await chooseInstallation('serve', everyOption(kind), {})).kind).to.equal(kind);
    });
  }

  it('choose a cluster if none is given', () => expect(chosenKind('serve', {})).to.equal('cluster'));

  it('are rejected if they contradict each other', () => {
    for (const name of namesOf('cluster')) {
      expect(() => chosenKind('serve', { registry: '/r', [name]: 'x' }), name).to.throw(UserError, `--${name}`);
    }
    for (const name of namesOf('folder').filter((one) => one !== 'registry')) {
      expect(() => chosenKind('serve', { [name]: 'x' }), name).to.throw(UserError, `--${name} `);
    }
  });

  it('are in the help of every command that administers an installation', () => {
    for (const { help } of [admin, backends, clients, serve]) {
      for (const [name, { value }] of OPTIONS) expect(help).to.include(`  --${name} ${value} `);
    }
  });
});
