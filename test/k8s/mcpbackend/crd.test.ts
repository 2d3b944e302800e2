import { expect } from 'chai';
import { z } from 'zod';
import { durationMs } from '../../../core/document/duration.ts';
import { specSchema } from '../../../k8s/mcpbackend/crd.ts';
import { DESCRIPTIONS } from '../../../k8s/mcpbackend/descriptions.ts';
import { RULES } from '../../../k8s/mcpbackend/rules.ts';
import { type Structural, structuralOf } from '../../../k8s/mcpbackend/structural.ts';
import { drift, generate } from '../../../scripts/generate-crd.ts';

/** The schema of every path. */
function paths(schema: Structural, path = ''): [string, Structural][] {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const children: [string, Structural][] = [
    ...Object.entries(schema.properties ?? {}),
    ...[schema.items ?? [], schema.additionalProperties ?? []]
      .flat()
      .map((value): [string, Structural] => ['*', value]),
  ];
  return [[path, schema], ...children.flatMap(([key, value]) => paths(value, at(key)))];
}

describe('k8s/mcpbackend/crd', () => {
  const spec = paths(specSchema());

  it('equals what is in the chart and the documentation', () => {
    expect(drift(generate())).to.deep.equal([]);
  });

  it('detects a stale file', () => {
    const [[path = '', text = ''] = []] = generate();
    expect(drift(new Map([[path, `${text}# changed`]]))).to.deep.equal([path]);
    expect(drift(new Map([['docs/kubernetes/none.md', 'x']]))).to.deep.equal(['docs/kubernetes/none.md']);
  });

  it('has a description for each key, and no other', () => {
    const keys = spec.map(([path]) => path).filter((path) => path !== '' && !/\*$/.test(path));
    expect(Object.keys(DESCRIPTIONS).sort()).to.deep.equal(keys.sort());
  });

  it('uses each rule', () => {
    const known = ['', ...spec.map(([path]) => (path === '' ? 'spec' : `spec.${path}`))];
    expect(known).to.include.members(Object.keys(RULES));
  });

  it('has a type everywhere, as structural schemas require', () => {
    const without = spec.filter(([, schema]) => schema.type === undefined && !schema['x-kubernetes-int-or-string']);
    expect(without.map(([path]) => path)).to.deep.equal([]);
  });

  it('omits keys that make sense only on one machine', () => {
    const keys = spec.map(([path]) => path);
    expect(keys).not.to.include.members(['name']);
    for (const key of [
      'cwd',
      'caFile',
      'upstreamAuth.file',
      'clientCertificate.certFile',
      'clientCertificate.keyFile',
    ]) {
      expect(keys).not.to.include(key);
    }
  });

  describe('converts to a structural schema', () => {
    const cases: [what: string, schema: z.ZodType, wanted: Structural][] = [
      ['a text', z.string().min(1).max(5), { type: 'string', minLength: 1, maxLength: 5 }],
      ['a default', z.int().min(0).max(9).default(3), { type: 'integer', default: 3, minimum: 0, maximum: 9 }],
      ['an empty default', z.array(z.string()).default([]), { type: 'array', items: { type: 'string' } }],
      [
        'number or text',
        z.union([z.int().min(1).max(9), z.string().regex(/^a$/)]),
        { 'x-kubernetes-int-or-string': true, pattern: '^a$', minimum: 1, maximum: 9 },
      ],
      ['a mapping', z.record(z.string(), z.string()), { type: 'object', additionalProperties: { type: 'string' } }],
      ['anything', z.record(z.string(), z.unknown()), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }],
      [
        'several objects',
        z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('a'), b: z.string() }),
          z.strictObject({ type: z.literal('c'), d: z.int().min(0).max(1) }),
        ]),
        {
          type: 'object',
          required: ['type'],
          properties: {
            type: { type: 'string', enum: ['a', 'c'] },
            b: { type: 'string' },
            d: { type: 'integer', minimum: 0, maximum: 1 },
          },
        },
      ],
      [
        'an object whose keys have defaults',
        z.strictObject({ a: z.string().default('x') }).prefault({}),
        { type: 'object', default: { a: 'x' }, properties: { a: { type: 'string', default: 'x' } } },
      ],
    ];
    for (const [what, schema, wanted] of cases) {
      it(what, () => expect(structuralOf(schema)).to.deep.equal(wanted));
    }

    it('a duration, with its default as text', () => {
      const schema = structuralOf(durationMs(1_000, 60_000).default(30_000));
      expect(schema).to.deep.include({ type: 'string', default: '30s', maxLength: 11 });
      expect(schema['x-kubernetes-validations']?.[0]?.message).to.equal('must be between 1s and 1m');
    });
  });
});
