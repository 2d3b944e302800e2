// Part of `npm run build`: copies the files that the compiled code reads at run time. Usage: copy-assets.ts [FOLDER], default dist.
import { cpSync } from 'node:fs';
import { extname, join } from 'node:path';

const [target = 'dist'] = process.argv.slice(2);
for (const folder of ['protos', 'envoy']) {
  cpSync(folder, join(target, folder), {
    recursive: true,
    filter: (source) => ['', '.proto', '.yaml'].includes(extname(source)),
  });
}
cpSync('package.json', join(target, 'package.json'));
