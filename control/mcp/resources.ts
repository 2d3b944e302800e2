import { type McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import { manifestOf } from '../backends/register.ts';
import type { Installation } from '../installation.ts';

const TENANTS_URI = 'mcp-gateway://tenants';
const MIME_TYPE = 'application/yaml';

/** Adds the manifest of each backend, and the tenants document, as resources. */
export function registerResources(server: McpServer, fleet: Installation): void {
  server.registerResource(
    'tenants',
    TENANTS_URI,
    { title: 'Tenants', description: 'The tenants document: who may use what, and how much.', mimeType: MIME_TYPE },
    async () => ({ contents: [{ uri: TENANTS_URI, mimeType: MIME_TYPE, text: await fleet.tenants.read() }] }),
  );
  const list = async () => {
    const { backends } = await fleet.list();
    return {
      resources: backends.map(({ name, health }) => ({
        ...{ uri: uriOf(name), name, mimeType: MIME_TYPE },
        description: `Manifest of the backend ${name}, which is ${health.state}.`,
      })),
    };
  };
  const names = async (start: string) => {
    const { backends } = await fleet.list();
    return backends.map(({ name }) => name).filter((name) => name.startsWith(start));
  };
  server.registerResource(
    'backend',
    new ResourceTemplate('mcp-gateway://backends/{name}', { list, complete: { name: names } }),
    {
      title: 'Manifest of a backend',
      description: 'A backend as it is written down; credentials are hidden.',
      mimeType: MIME_TYPE,
    },
    async (uri, { name }) => {
      const found = await fleet.get(String(name));
      if (found === undefined) throw new ResourceNotFoundError(uri.href);
      return { contents: [{ uri: uri.href, mimeType: MIME_TYPE, text: manifestOf(found.spec, fleet) }] };
    },
  );
}

function uriOf(name: string): string {
  return `mcp-gateway://backends/${name}`;
}
