/**
 * Joins the metrics of several processes (Prometheus text format 0.0.4). Each sample gets a label `process`. HELP and TYPE of a metric
 * are written once, before all of its samples, as the format requires.
 *
 * @param texts metrics by name of the process
 */
export function joinMetrics(texts: ReadonlyMap<string, string>): string {
  const metrics = new Map<string, { about: string[]; samples: string[] }>();
  const metric = (name: string) => {
    const known = metrics.get(name) ?? { about: [], samples: [] };
    metrics.set(name, known);
    return known;
  };
  for (const [process, text] of texts) {
    let family = '';
    for (const line of text.split('\n')) {
      const about = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (about !== undefined) {
        family = about;
        if (!metric(about).about.includes(line)) metric(about).about.push(line);
        continue;
      }
      const [, name = '', labels = '', value = ''] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(.+)$/.exec(line) ?? [];
      if (name === '') continue;
      const all = `process="${process}"${labels === '' ? '' : `,${labels}`}`;
      // The samples of a histogram have names that start with the name of the metric.
      metric(family !== '' && name.startsWith(family) ? family : name).samples.push(`${name}{${all}} ${value}`);
    }
  }
  const lines = [...metrics.values()].flatMap(({ about, samples }) => [...about, ...samples]);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
