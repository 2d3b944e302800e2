import { DESCRIPTIONS } from './descriptions.ts';
import type { Structural } from './structural.ts';

const HEAD = `# MCPBackend: every key

Generated from the schema by \`npm run generate\`; \`kubectl explain mcpbackend.spec\` shows the same. [operator.md](operator.md) describes what the
operator creates for it, and [configuration.md](../configuration.md#a-backend-file) the keys that it shares with backend files.

    apiVersion: mcpgateway.dev/v1alpha1
    kind: MCPBackend
    metadata: {name: jira, namespace: mcp}
    spec:
      image: ghcr.io/acme/jira-mcp:1.2
      replicas: 2
      secretEnv: {JIRA_TOKEN: {name: jira, key: token}}

\`*\` stands for any name, or for the items of a list.

| key | type | default | meaning |
|---|---|---|---|
`;

/** The reference page of a spec, in Markdown. */
export function reference(spec: Structural): string {
  const rows = rowsOf(spec, '').map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  const rules = rulesOf(spec).map((message) => `- ${message}`);
  return `${HEAD}${rows.join('\n')}\n\n## Further rules that the API server checks\n\n${rules.join('\n')}\n`;
}

function rowsOf(schema: Structural, path: string): string[][] {
  const children: [string, Structural][] = [
    ...Object.entries(schema.properties ?? {}),
    ...[schema.items, schema.additionalProperties].flatMap((value): [string, Structural][] =>
      value === undefined ? [] : [['*', value]],
    ),
  ];
  return children.flatMap(([key, value]) => {
    const keyPath = path === '' ? key : `${path}.${key}`;
    const row = [`\`${keyPath}\``, typeOf(value), defaultOf(value), DESCRIPTIONS[keyPath] ?? ''];
    const below = rowsOf(value, keyPath);
    return key === '*' ? below : [row, ...below];
  });
}

function typeOf(schema: Structural): string {
  const range =
    schema.maximum === undefined ? '' : ` ${schema.minimum ?? 0} to ${schema.maximum.toLocaleString('en-US')}`;
  if (schema['x-kubernetes-int-or-string']) return `number or text${range && `, number${range}`}`;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.items) return `list of ${schema.items.enum ? typeOf(schema.items) : plural(schema.items)}`;
  if (schema.type === 'object') return 'mapping';
  if (schema.type === 'integer') return `number${range}`;
  return isDuration(schema) ? 'duration' : 'text';
}

function plural(schema: Structural): string {
  return schema.type === 'object' ? 'mappings' : 'texts';
}

function isDuration({ pattern = '' }: Structural): boolean {
  return pattern.includes('(ms|s|m|h|d)');
}

function defaultOf({ default: given }: Structural): string {
  return given === undefined || typeof given === 'object' ? '' : `\`${given}\``;
}

function rulesOf(schema: Structural): string[] {
  const own = isDuration(schema) ? [] : (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const inner = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    ...rulesOf(value).map((message) => `\`${key}\`: ${message}`),
    ...(value.items ? rulesOf(value.items) : []).map((message) => `\`${key}\`: ${message}`),
  ]);
  return [...own, ...inner];
}
