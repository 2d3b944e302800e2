import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Installation } from '../installation.ts';

/** Adds the prompt that guides through a deployment: issuer, backends, tenants. */
export function registerPrompts(server: McpServer, installation: Installation): void {
  server.registerPrompt(
    'deploy_gateway',
    {
      title: 'Deploy the gateway',
      description: 'Guides you through issuer, backends and tenants to a running gateway.',
      argsSchema: z.object({
        publicUrl: z.string().optional().describe('where clients will reach the gateway'),
        issuer: z.string().optional().describe('identity provider, such as Entra ID, Okta or Keycloak'),
        backends: z.string().optional().describe('MCP servers, such as github, jira, snowflake'),
        tenants: z.string().optional().describe('groups of users that may use them, such as engineering'),
      }),
    },
    ({ publicUrl, issuer, backends, tenants }) => {
      const known = Object.entries({ 'public URL': publicUrl, issuer, backends, tenants });
      const text = [
        'Help me deploy an MCP gateway: one URL and one login in front of several MCP servers.',
        ...known.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`- ${key}: ${value}`])),
        '',
        ...(installation.kind === 'cluster' ? CLUSTER_STEPS : FOLDER_STEPS),
        '',
        'Ask me for what is missing, one question at a time. Never ask me for a secret, and never accept one: secrets are references,',
        'and I store their values myself. Show me each change before you make it (dryRun: true).',
      ].join('\n');
      return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
    },
  );
}

const TENANTS_STEP =
  'Tenants: which groups or claims of a token make a user a member, which backends each tenant may use, and how many requests.';

const CLUSTER_STEPS = [
  '1. Issuer: the URL of the identity provider, the audience of its tokens, and the claims with groups and roles. For Entra ID the',
  '   directory id and the client id are enough.',
  '2. Backends: for each MCP server its name, and an image, a Service, a URL or a stdio command; the names of the Secrets it needs.',
  `3. ${TENANTS_STEP}`,
  '4. Call helm_values with all of this. Show me values.yaml, the Secrets that I must create first, and the helm command; I run it.',
  '5. When it runs: list_backends, and backend_status for each backend that does not serve. From then on register_backend,',
  '   assign_backend and tenant_quota change it live.',
];

const FOLDER_STEPS = [
  '1. Issuer: it is named in gateway.yaml. issuer: development is enough to try things out on this machine.',
  '2. Backends: for each MCP server its name, and a command or URLs; then register_backend with waitSeconds: 30.',
  `3. ${TENANTS_STEP} I add tenants to the tenants document; assign_backend and tenant_quota change the rest.`,
  '4. list_backends shows the URLs for clients, and backend_status why a backend does not serve.',
  '5. To move to Kubernetes: helm_values makes a values.yaml and the helm command.',
];
