const PLACEHOLDER = /@([A-Z][A-Z_]*)@/g;

/**
 * Fills in the `@NAMES@` of a YAML file, each of which stands inside double quotes; values are escaped for that place.
 * @throws Error when a placeholder has no value, or a value no placeholder
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
