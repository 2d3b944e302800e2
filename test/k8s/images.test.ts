import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkDocument } from '../../local/documents.ts';
import { readSources, roomOf } from '../architecture/sources.ts';
import { PROJECT } from '../support/gateway.ts';

const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');
/** What a Dockerfile copies from the checkout. */
const copied = (file: string) =>
  [...read(file).matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));

describe('images', () => {
  for (const file of ['Dockerfile', 'Dockerfile.bridge']) {
    it(`${file} copies every folder of the program, and what the build needs`, () => {
      const sources = copied(file);
      const program = new Set(['cli']);
      for (let size = 0; size < program.size; ) {
        size = program.size;
        for (const { path, imports } of readSources())
          if (program.has(roomOf(path))) for (const to of imports) program.add(roomOf(to));
      }
      const folders = [...program].filter(
        (name) => existsSync(join(PROJECT, name)) && statSync(join(PROJECT, name)).isDirectory() && name !== 'dist',
      );
      expect(sources).to.include.members([
        ...folders,
        'scripts/copy-assets.ts',
        'tsconfig.build.json',
        'tsconfig.json',
      ]);
      expect(sources.filter((source) => !existsSync(join(PROJECT, source)))).to.deep.equal([]);
    });

    it(`${file} copies only what .dockerignore lets through`, () => {
      const shown = read('.dockerignore')
        .split('\n')
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1));
      const hidden = copied(file).filter((source) => !shown.includes(source.split('/')[0] ?? ''));
      expect(hidden).to.deep.equal([]);
    });

    it(`${file} runs as a user other than root`, () => {
      expect(read(file).match(/^USER (.+)$/gm)).to.deep.equal(['USER 65532:65532']);
    });
  }

  // The digest of Envoy's image is an argument of the build.
  it('are built from images by digest', () => {
    for (const file of ['Dockerfile', 'Dockerfile.bridge']) {
      const images = [...read(file).matchAll(/^ARG (NODE|RUNTIME|UV)=(.+)$/gm)].map(([, , image = '']) => image);
      expect(images).to.have.length(2);
      for (const image of images) expect(image).to.match(/^[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
      const stages = [...read(file).matchAll(/ AS ([\w-]+)$/gm)].map(([, name = '']) => name);
      const bases = [...read(file).matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base);
      const pinned = /^\$\{(NODE|RUNTIME|UV|ENVOY\}\$\{ENVOY_DIGEST:\+@\}\$\{ENVOY_DIGEST)\}$/;
      expect(bases.filter((base) => !pinned.test(base) && !stages.includes(base))).to.deep.equal([]);
    }
    const tryOut = z.object({ redis: z.object({ tryOut: z.object({ image: z.object({ tag: z.string() }) }) }) });
    const { tag } = tryOut.parse(parse(read('k8s/chart/values.yaml'))).redis.tryOut.image;
    expect(tag).to.match(/@sha256:[0-9a-f]{64}$/);
    expect(read('examples/compose/compose.yaml')).to.include(`image: redis:${tag}\n`);
  });

  it('contain the same Envoy as the chart', () => {
    const chart = z.object({ envoy: z.object({ image: z.object({ repository: z.string(), tag: z.string() }) }) });
    const { repository, tag } = chart.parse(parse(read('k8s/chart/values.yaml'))).envoy.image;
    expect(read('Dockerfile')).to.contain(`ARG ENVOY=${repository}:${tag}\n`);
    expect(parse(read('k8s/chart/Chart.yaml'))).to.include({ appVersion: JSON.parse(read('package.json')).version });
  });

  it('have an example with a valid configuration', async () => {
    const example = join(PROJECT, 'examples', 'compose');
    expect((await checkDocument(join(example, 'gateway.yaml'))).problems).to.deep.equal([]);
    const compose = z.object({
      services: z.record(
        z.string(),
        z.looseObject({ build: z.object({ context: z.string(), target: z.string() }).optional() }),
      ),
    });
    const { services } = compose.parse(parse(readFileSync(join(example, 'compose.yaml'), 'utf8')));
    expect(Object.keys(services)).to.deep.equal(['gateway', 'redis', 'everything']);
    for (const { build } of Object.values(services)) {
      if (build === undefined) continue;
      expect(readdirSync(join(example, build.context))).to.include('Dockerfile');
      expect(read('Dockerfile')).to.match(new RegExp(`^FROM \\S+ AS ${build.target}$`, 'm'));
    }
  });
});
