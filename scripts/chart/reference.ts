import type { JsonSchema } from './schema-parts.ts';

/** Keys that other pages describe. */
const ELSEWHERE = ['global', 'issuer', 'issuers', 'tenants', 'backends'];

/** The page of all values: a row for each key, from the schema and the chart's values.yaml. */
export function valuesReference(schema: JsonSchema, values: unknown): string {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    rowsOf(key, child, valueAt(values, key)),
  );
  return `# Values of the chart

Generated from \`k8s/chart/values.schema.json\` and \`k8s/chart/values.yaml\` by \`npm run generate\`. Helm rejects any other key.

| value | type | default | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}

function rowsOf(path: string, schema: JsonSchema, value: unknown): string[] {
  if (schema.properties !== undefined && !ELSEWHERE.includes(path)) {
    return Object.entries(schema.properties).flatMap(([key, child]) =>
      rowsOf(`${path}.${key}`, child, valueAt(value, key)),
    );
  }
  const shown = value === undefined || value === null || value === '' ? '' : `\`${JSON.stringify(value)}\``;
  const cells = [`\`${path}\``, typeOf(schema), shown, schema.description ?? ''];
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`];
}

function typeOf({ type, enum: values, minimum, maximum }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  const words = [type].flat().filter((word) => word !== 'null');
  return words.map((word) => ({ object: 'mapping', array: 'list', string: 'text' })[word ?? ''] ?? word).join(' or ');
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
