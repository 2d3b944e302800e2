// `npm test`: finds or installs what the tests need, checks the sources, runs all tests and sums up in one line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf, UserError } from '../core/errors.ts';
import { findEnvoy } from '../envoy/binary/find.ts';
import { cacheDir } from '../runtime/paths.ts';
import { findHelm, findKontrol } from './go-tools/find.ts';

const inCi = process.env.CI === 'true';

async function run(command: string, args: string[], onText?: (text: string) => void): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', onText ? 'pipe' : 'inherit', 'inherit'] });
  child.stdout?.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    onText?.(chunk.toString('utf8'));
  });
  const [code] = await once(child, 'close');
  return typeof code === 'number' ? code : 1;
}

const environment = { ENVOY_PATH: process.env.ENVOY_PATH, PATH: process.env.PATH };
const progress = (line: string) => console.log(line);
const files = process.argv.slice(2);
try {
  const envoy = await findEnvoy({ environment, cacheDir: cacheDir(process.env), progress });
  console.log(`Envoy ${envoy.version}: ${envoy.path}`);
  // Some minutes the first time, which is too long for a test's own time limit.
  if (files.length === 0 || files.some((file) => file.includes('cluster'))) {
    console.log(`Control plane: ${await findKontrol(progress)}`);
    console.log(`Helm: ${await findHelm(progress)}`);
  }
} catch (error) {
  console.error(messageOf(error));
  if (error instanceof UserError && error.hint !== undefined) console.error(error.hint);
  process.exit(69);
}

console.log('Checking types, lint and unused code.');
const checks = await run('npm', ['run', '--silent', 'check']);

let output = '';
const tests = await run('mocha', files.length > 0 ? files : ['test/**/*.test.ts'], (text) => {
  output += text;
});
const count = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'm').exec(output)?.[1] ?? 0);
const [passed, failed, skipped] = [count('passing'), count('failing'), count('pending')];
if (checks !== 0) console.error('npm run check failed, see above');
if (skipped > 0) console.error(`${skipped} tests were skipped${inCi ? ', which fails here' : ''}`);
console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(checks !== 0 || tests !== 0 || passed === 0 || (inCi && skipped > 0) ? 1 : 0);
