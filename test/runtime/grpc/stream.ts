import type { ClientDuplexStream } from '@grpc/grpc-js';

/** Reads the messages of a stream one by one. */
export class Messages<In, Out> {
  readonly stream: ClientDuplexStream<In, Out>;
  readonly #arrived: Out[] = [];
  readonly #waiting: ((message: Out) => void)[] = [];
  /** Resolves with the status code that ended the stream. */
  readonly ended: Promise<number>;

  constructor(stream: ClientDuplexStream<In, Out>) {
    this.stream = stream;
    stream.on('data', (message: Out) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#arrived.push(message);
      else next(message);
    });
    stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      stream.on('status', ({ code }) => resolve(code));
    });
  }

  /** The next unread message. */
  next(): Promise<Out> {
    const message = this.#arrived.shift();
    return message === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(message);
  }

  /** Number of unread messages that have arrived. */
  get unread(): number {
    return this.#arrived.length;
  }
}
