import type { Readable, Writable } from 'node:stream';
import type { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';

/** Maximum number of bytes of answers that a client may leave unread. Beyond it, the connection ends. */
const MAX_UNREAD_BYTES = 64 << 20;
const CHECK_INTERVAL_MS = 1_000;

/** Streams of a connection, and what ends it. */
export interface StdioOptions {
  input: Readable;
  output: Writable;
  /** Ends the connection. */
  stopping: AbortSignal;
  /** Called with invalid messages and other unexpected errors. */
  report: (error: unknown) => void;
}

/** Serves one client, in either MCP era. Resolves when the client is gone or stops reading, or when `stopping` aborts. */
export async function serveOverStdio(create: () => McpServer, options: StdioOptions): Promise<void> {
  const { input, output, stopping, report } = options;
  const transport = new StdioServerTransport(input, output);
  let timer: NodeJS.Timeout | undefined;
  // Each answer that waits to be written adds a listener, and their number is not limited.
  output.setMaxListeners(0);
  await new Promise<void>((resolve) => {
    input.once('end', resolve);
    input.once('close', resolve);
    output.once('error', () => resolve());
    output.once('close', resolve);
    if (stopping.aborted) resolve();
    stopping.addEventListener('abort', () => resolve(), { once: true });
    timer = setInterval(() => {
      if (output.writableLength <= MAX_UNREAD_BYTES) return;
      report(new Error('the client does not read its answers'));
      resolve();
    }, CHECK_INTERVAL_MS);
    serveStdio(create, { transport, onerror: report });
  });
  clearInterval(timer);
  await transport.close();
}
