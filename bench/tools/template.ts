const PLACEHOLDER = /@([A-Z][A-Z_]*)@/g;

/**
 * Replaces the `@NAMES@` in a YAML file. Each must be inside double quotes, for which values are escaped.
 * @throws Error if a placeholder has no value or a value has no placeholder
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(values));
  const filled = template.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for ${placeholder}`);
    unused.delete(name);
    return JSON.stringify(value).slice(1, -1);
  });
  if (unused.size > 0) throw new Error(`no placeholder for ${[...unused].join(', ')}`);
  return filled;
}
