import { type McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import { manifestOf } from '../backends/register.ts';
import type { Installation } from '../installation.ts';

const TENANTS_URI = 'mcp-gateway://tenants';
const MIME_TYPE = 'application/yaml';

/** Adds the manifest of each backend, and the tenants document, as resources. */
export function registerResources(server: McpServer, installation: Installation): void {
  server.registerResource(
    'tenants',
    TENANTS_URI,
    {
      title: 'Tenants',
      description: 'The tenants document: who may use which backends, and how much.',
      mimeType: MIME_TYPE,
    },
    async () => ({ contents: [{ uri: TENANTS_URI, mimeType: MIME_TYPE, text: await installation.tenants.read() }] }),
  );
  const list = async () => {
    const { backends } = await installation.list();
    return {
      resources: backends.map(({ name, health }) => ({
        ...{ uri: uriOf(name), name, mimeType: MIME_TYPE },
        description: `Manifest of the backend ${name}, which is ${health.state}.`,
      })),
    };
  };
  const names = async (start: string) => {
    const { backends } = await installation.list();
    return backends.map(({ name }) => name).filter((name) => name.startsWith(start));
  };
  server.registerResource(
    'backend',
    new ResourceTemplate('mcp-gateway://backends/{name}', { list, complete: { name: names } }),
    {
      title: 'Manifest of a backend',
      description: 'The document or object that defines a backend; credentials are hidden.',
      mimeType: MIME_TYPE,
    },
    async (uri, { name }) => {
      const found = await installation.get(String(name));
      if (found === undefined) throw new ResourceNotFoundError(uri.href);
      return { contents: [{ uri: uri.href, mimeType: MIME_TYPE, text: manifestOf(found.spec, installation) }] };
    },
  );
}

function uriOf(name: string): string {
  return `mcp-gateway://backends/${name}`;
}
