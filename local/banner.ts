/** What a person wants to know of a gateway that has just started. */
export interface BannerFacts {
  /** URL of each backend, by name. */
  backends: ReadonlyMap<string, string>;
  /** Whether `mcp-gateway token` works. */
  developmentIssuer: string | undefined;
  /** Options that other commands need to find this gateway. */
  stateOption: string;
  /** Backends that do not serve yet, with the reason. */
  waiting: readonly string[];
}

/** The text that `up` prints on a terminal once a client may come. */
export function banner({ backends, developmentIssuer, stateOption, waiting }: BannerFacts): string {
  const width = Math.max(0, ...[...backends.keys()].map((name) => name.length));
  const lines = ['', 'mcp-gateway is ready.', ''];
  for (const [name, url] of backends) lines.push(`  ${name.padEnd(width)}  ${url}`);
  if (backends.size === 0)
    lines.push('  No backends yet: put a YAML file into the backends folder, it is served at once.');
  for (const reason of waiting) lines.push(`  not serving: ${reason}`);
  const [url] = backends.values();
  if (developmentIssuer !== undefined) {
    lines.push('', 'Token      ', `  npx mcp-gateway token${stateOption}`);
    if (url !== undefined)
      lines.push(
        '',
        'Inspector (no token needed: connect, then sign in on the page)',
        `  npx @modelcontextprotocol/inspector@2 --transport http --server-url ${url}`,
        '',
        'curl',
        `  ${curl(url, stateOption)}`,
      );
  }
  lines.push('', 'Ctrl-C stops it.', '');
  return lines.map((line) => line.trimEnd()).join('\n');
}

function curl(url: string, stateOption: string): string {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  return `curl -si ${url} -H "Authorization: Bearer $(npx mcp-gateway token${stateOption})" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '${body}'`;
}
