// Part of `npm pack` and `npm publish`: npm-shrinkwrap.json. npm obeys it when it installs the package from a registry: the
// installation gets the versions and hashes of package-lock.json for every package, also for those that our dependencies need.
import { readFileSync, writeFileSync } from 'node:fs';
import { withoutDevelopment } from './lock-file.ts';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(withoutDevelopment(lock), null, 2)}\n`);
