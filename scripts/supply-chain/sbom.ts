// Part of `npm run build`: the software bill of materials (CycloneDX) of what an installed package consists of, from package-lock.json.
// Usage: sbom.ts [FILE], default dist/sbom.cdx.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { billOfMaterials } from './cyclonedx.ts';
import { withoutDevelopment } from './lock-file.ts';

const [file = 'dist/sbom.cdx.json'] = process.argv.slice(2);
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const bom = billOfMaterials(read('package.json'), withoutDevelopment(read('package-lock.json')));
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
