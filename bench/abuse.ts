// The floods of abuse/floods, one after another, and what a good caller got beside each: npm run abuse -- --help
import { writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findFloods, loadFlood } from './abuse/find.ts';
import { measureFlood, type Outcome } from './abuse/measure.ts';
import { parseAbuseOptions, USAGE } from './abuse/options.ts';
import { faultsOf, renderAbuse } from './abuse/report.ts';

const RESULTS = fileURLToPath(new URL('ABUSE.md', import.meta.url));

const all = findFloods();
const options = parseAbuseOptions(process.argv.slice(2), all);
if (options.help) console.log(`${USAGE}\n\nFloods: ${all.join(', ')}`);
else {
  const outcomes: Outcome[] = [];
  for (const name of options.floods) {
    const outcome = await measureFlood(name, await loadFlood(name), options.seconds);
    const faults = faultsOf(outcome);
    console.error(`${name}: ${faults.length === 0 ? 'served well' : faults.join(', ')}`);
    outcomes.push(outcome);
  }
  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}-${process.arch}`;
  const facts = [`Measured ${new Date().toISOString().slice(0, 16)}Z on ${machine}, Node.js ${process.versions.node}.`];
  const report = renderAbuse(outcomes, options.seconds, facts);
  console.log(report);
  const output = options.output ?? (options.floods.length === all.length ? RESULTS : undefined);
  if (output !== undefined) await writeFile(output, report);
  process.exitCode = outcomes.every((outcome) => faultsOf(outcome).length === 0) ? 0 : 1;
}
