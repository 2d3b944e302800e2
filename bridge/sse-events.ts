import type { IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';

/** Called with an event. Reading pauses until the promise that it returns settles. */
export type OnEvent = (type: string, data: string) => Promise<void> | undefined;

/**
 * Reads the events of a response (HTML Standard, server-sent events). A client that reads slowly thereby slows its own server down.
 *
 * @param maxLength limit of an event, in characters
 * @param onTooLarge called once if an event is larger; nothing is read after it
 */
export function readEvents(
  response: IncomingMessage,
  maxLength: number,
  onEvent: OnEvent,
  onTooLarge: () => void,
): void {
  let waits: Promise<void>[] = [];
  const fail = (): void => {
    if (response.destroyed) return;
    response.destroy();
    onTooLarge();
  };
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent: ({ event = 'message', data }) => {
      // The parser limits only what it must keep for later.
      if (data.length > maxLength) return fail();
      const wait = response.destroyed ? undefined : onEvent(event, data);
      if (wait !== undefined) waits.push(wait);
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') fail();
    },
  });
  response.setEncoding('utf8');
  response.on('error', () => undefined); // `close` follows.
  response.on('data', (text: string) => {
    if (response.destroyed) return;
    parser.feed(text);
    if (waits.length === 0) return;
    response.pause();
    void Promise.all(waits).then(() => response.resume());
    waits = [];
  });
}
