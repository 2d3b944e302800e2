import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Installation } from '../installation.ts';

/** Adds the prompt that walks through a deployment: issuer, backends, tenants. */
export function registerPrompts(server: McpServer, installation: Installation): void {
  server.registerPrompt(
    'deploy_gateway',
    {
      title: 'Deploy the gateway',
      description: 'Walks through issuer, backends and tenants, and ends with a gateway that serves them.',
      argsSchema: z.object({
        publicUrl: z.string().optional().describe('where clients will reach it'),
        issuer: z.string().optional().describe('identity provider, such as Entra ID, Okta or Keycloak'),
        backends: z.string().optional().describe('MCP servers, such as github, jira, snowflake'),
        tenants: z.string().optional().describe('who is to use them, such as engineering'),
      }),
    },
    ({ publicUrl, issuer, backends, tenants }) => {
      const known = Object.entries({ 'public URL': publicUrl, issuer, backends, tenants });
      const text = [
        'Help me to deploy an MCP gateway: one URL and one login in front of several MCP servers.',
        ...known.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`- ${key}: ${value}`])),
        '',
        ...(installation.kind === 'cluster' ? CLUSTER_STEPS : FOLDER_STEPS),
        '',
        'Ask me for what is missing, one matter at a time. Never ask me for a secret, and never take one: secrets are references,',
        'and I put their values where they belong myself. Show me what will be written before it is (dryRun: true).',
      ].join('\n');
      return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
    },
  );
}

const TENANTS_STEP =
  'Tenants: which groups or claims of a token make somebody a member, which backends each may use, and how many requests.';

const CLUSTER_STEPS = [
  '1. Issuer: the URL of the identity provider, the audience of its tokens, and the claims with groups and roles. For Entra ID the id of',
  '   the directory and the client id are enough.',
  '2. Backends: for each MCP server its name, and an image, a Service, a URL, or a stdio command; which Secrets it needs, by name.',
  `3. ${TENANTS_STEP}`,
  '4. Call helm_values with all of that. Show me values.yaml, the Secrets that I must make first, and the helm command; I run it.',
  '5. Once it runs: list_backends, and backend_status for what is not serving. From then on register_backend, assign_backend and',
  '   tenant_quota change it live.',
];

const FOLDER_STEPS = [
  '1. Issuer: gateway.yaml names it. issuer: development is enough to try things out on this machine.',
  '2. Backends: for each MCP server its name, and a command or URLs; then register_backend, with waitSeconds: 30.',
  `3. ${TENANTS_STEP} Tenants are written into the tenants document; assign_backend and tenant_quota change the rest.`,
  '4. list_backends shows what clients connect to, and backend_status what is not serving.',
  '5. To take the same to Kubernetes: helm_values makes a values.yaml and the helm command.',
];
