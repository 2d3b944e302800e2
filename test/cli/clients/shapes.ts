import { z } from 'zod';

// What each client documents of its file, as strict as its makers are or stricter: an unknown key is a mistake here. The makers'
// own names of the keys; where code is named, it is public.

const texts = z.record(z.string(), z.string());
const program = { command: z.string().min(1), args: z.array(z.string()).optional(), env: texts.optional() };

/** Keys are free, but Codex takes no others in `codex mcp add`, and VS Code advises against spaces. */
const serverName = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** `claude_desktop_config.json`: https://modelcontextprotocol.io/docs/develop/connect-local-servers. Programs only. */
export const claudeDesktopShape = z.strictObject({ mcpServers: z.record(serverName, z.strictObject(program)) });

/** `mcp.json`: the tables on https://cursor.com/docs/mcp */
export const cursorEntry = z.union([
  z.strictObject({ type: z.literal('stdio'), ...program, envFile: z.string().optional() }),
  z.strictObject({
    url: z.url(),
    headers: texts.optional(),
    auth: z
      .strictObject({
        CLIENT_ID: z.string(),
        CLIENT_SECRET: z.string().optional(),
        scopes: z.array(z.string()).optional(),
      })
      .optional(),
  }),
]);
export const cursorShape = z.strictObject({ mcpServers: z.record(serverName, cursorEntry) });

/** `mcp.json`: microsoft/vscode-docs, docs/agents/reference/mcp-configuration.md; `type` is required there. */
export const vscodeEntry = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('stdio'), ...program, envFile: z.string().optional() }),
  z.strictObject({
    type: z.literal('http'),
    url: z.url(),
    headers: texts.optional(),
    oauth: z.strictObject({ clientId: z.string() }).optional(),
  }),
]);
export const vscodeShape = z.strictObject({
  inputs: z
    .array(
      z.strictObject({
        type: z.literal('promptString'),
        id: z.string(),
        description: z.string(),
        password: z.boolean().optional(),
      }),
    )
    .optional(),
  servers: z.record(serverName, vscodeEntry),
});

const clineBase = {
  disabled: z.boolean().optional(),
  autoApprove: z.array(z.string()).optional(),
  timeout: z.number().optional(),
};

/** cline/cline, apps/vscode/src/services/mcp/schemas.ts. Without `type` a URL is one of SSE there, so it is required here. */
export const clineShape = z.strictObject({
  mcpServers: z.record(
    serverName,
    z.union([
      z.strictObject({ ...clineBase, type: z.literal('stdio').optional(), ...program, cwd: z.string().optional() }),
      z.strictObject({ ...clineBase, type: z.literal('streamableHttp'), url: z.url(), headers: texts.optional() }),
    ]),
  ),
});

/** `mcp_config.json`: https://docs.windsurf.com/windsurf/cascade/mcp, "Remote HTTP MCPs". */
export const windsurfShape = z.strictObject({
  mcpServers: z.record(
    serverName,
    z.union([z.strictObject(program), z.strictObject({ serverUrl: z.url(), headers: texts.optional() })]),
  ),
});

/** continuedev/continue, packages/config-yaml/src/schemas/mcp/index.ts, and the metadata of a block (`baseConfigYamlSchema`). */
export const continueShape = z.strictObject({
  name: z.string(),
  version: z.string(),
  schema: z.literal('v1'),
  mcpServers: z.array(
    z.union([
      z.strictObject({ name: serverName, type: z.literal('stdio').optional(), ...program, cwd: z.string().optional() }),
      z.strictObject({
        name: serverName,
        type: z.literal('streamable-http'),
        url: z.string(),
        apiKey: z.string().optional(),
        requestOptions: z.strictObject({ headers: texts.optional() }).optional(),
      }),
    ]),
  ),
});

const zedBase = { enabled: z.boolean().optional(), timeout: z.number().int().optional() };

/** zed-industries/zed, crates/settings_content/src/project.rs, `ContextServerSettingsContent`. */
export const zedShape = z.strictObject({
  context_servers: z.record(
    serverName,
    z.union([
      z.strictObject({ ...zedBase, ...program, remote: z.boolean().optional() }),
      z.strictObject({
        ...zedBase,
        url: z.string(),
        headers: texts.optional(),
        oauth: z.strictObject({ client_id: z.string(), client_secret: z.string().optional() }).optional(),
      }),
    ]),
  ),
});

const codexBase = { enabled: z.boolean().optional(), startup_timeout_sec: z.number().optional() };

/** `config.toml`: openai/codex, codex-rs/config/src/mcp_types.rs, `RawMcpServerConfig` and what it refuses to have together. */
export const codexShape = z.strictObject({
  mcp_servers: z.record(
    serverName,
    z.union([
      z.strictObject({ ...codexBase, ...program, cwd: z.string().optional() }),
      z.strictObject({
        ...codexBase,
        url: z.string(),
        bearer_token_env_var: z.string().optional(),
        http_headers: texts.optional(),
        env_http_headers: texts.optional(),
      }),
    ]),
  ),
});
