import { expect } from 'chai';
import type { z } from 'zod';
import { parseYaml } from '../../core/document/parse.ts';
import type { Problem } from '../../core/document/problems.ts';

/** The end of a document, and the problems of the whole document as `path: message`. */
type Row = readonly [end: string, ...problems: string[]];

/** A table of messages: one test for each row. Every document consists of `base` and the end in its row. */
export function table(
  title: string,
  problemsOf: (document: string) => readonly Problem[],
  base: string,
  rows: readonly Row[],
): void {
  describe(title, () => {
    for (const [end, ...expected] of rows) {
      it(JSON.stringify(end), () => {
        expect(problemsOf(base + end).map(({ path, message }) => `${path}: ${message}`)).to.deep.equal(expected);
      });
    }
  });
}

/** The problems of a document that has a schema. */
export const by = (schema: z.ZodType) => (document: string) => {
  const parsed = parseYaml(document, 'a.yaml', schema);
  return parsed.ok ? [] : parsed.problems;
};
