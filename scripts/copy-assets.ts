// Part of `npm run build`: what the compiled code reads at run time, beside it in dist/.
import { cpSync } from 'node:fs';

for (const path of ['protos', 'envoy']) {
  cpSync(path, `dist/${path}`, {
    recursive: true,
    filter: (source) => !source.includes('.') || /\.(proto|yaml)$/.test(source),
  });
}
cpSync('package.json', 'dist/package.json');
