import type { Readable, Writable } from 'node:stream';
import type { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';

/** A client that does not read keeps answers waiting; beyond this it is given up. */
const MAX_UNREAD_BYTES = 64 << 20;
const LOOK_EVERY_MS = 1_000;

/** Where messages come from and go to, and what ends it all. */
export interface StdioOptions {
  input: Readable;
  output: Writable;
  /** Ends it from outside. */
  stopping: AbortSignal;
  /** Told of messages that are none, and the like. */
  report: (error: unknown) => void;
}

/** Serves one client, whatever era it speaks. Resolves once it is gone, does not read any more, or somebody ends it. */
export async function serveOverStdio(create: () => McpServer, options: StdioOptions): Promise<void> {
  const { input, output, stopping, report } = options;
  const transport = new StdioServerTransport(input, output);
  let timer: NodeJS.Timeout | undefined;
  // Each answer that waits for its reader listens, and there is no telling how many do.
  output.setMaxListeners(0);
  await new Promise<void>((resolve) => {
    // Whatever ends first: the input, the output, or somebody's patience.
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
    }, LOOK_EVERY_MS);
    serveStdio(create, { transport, onerror: report });
  });
  clearInterval(timer);
  await transport.close();
}
