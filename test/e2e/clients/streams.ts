import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import {
  type ClientKind,
  type Connection,
  SDK1,
  SDK2_AUTO,
  SDK2_LEGACY,
  SDK2_PINNED,
  textOf,
} from '../../support/clients.ts';
import { Inbox } from '../../support/clients-inbox.ts';
import { carries } from '../../support/clients-wire.ts';
import type { TestGateway } from '../../support/gateway.ts';

/** Calls that break off or are cancelled, with the feature server's calls that last until another call releases them. */
export function brokenAndCancelledCalls(
  gateway: () => TestGateway,
  cancelling: readonly ClientKind[] = [SDK1, SDK2_LEGACY, SDK2_AUTO, SDK2_PINNED],
): void {
  const connect = async (kind: ClientKind) =>
    kind.connect({ url: gateway().backendUrl('feature'), token: await gateway().token() });

  for (const kind of [SDK1, SDK2_LEGACY]) {
    it(`${kind.name} resumes a broken call on the same replica with Last-Event-ID`, async () => {
      const connection = await connect(kind);
      try {
        await resume(connection);
      } finally {
        await connection.client.close();
      }
    });
  }

  for (const kind of cancelling) {
    it(`${kind.name} cancels a call, and the server learns of it`, async () => {
      const connection = await connect(kind);
      try {
        await cancel(connection);
        // 2026-07-28 cancels by closing the stream of the request, which must travel through Envoy.
        if (connection.protocolVersion() === '2026-07-28') {
          expect(connection.wire.sentMethods).to.not.include('notifications/cancelled');
        } else {
          await connection.wire.exchanges.first(carries('notifications/cancelled'));
        }
      } finally {
        await connection.client.close();
      }
    });
  }
}

async function resume({ call, wire, sessionId }: Connection): Promise<void> {
  const name = randomUUID();
  const replica = textOf(await call('replica'));
  const steps = new Inbox<number>();
  const heldBack = Promise.withResolvers<void>();
  wire.beforeSend = async (method, headers) => {
    if (method === 'GET' && headers.has('last-event-id')) await heldBack.promise;
  };

  const held = call('hold', { name, steps: 3 }, { onprogress: ({ progress }) => steps.push(progress) });
  await call('release', { name });
  await steps.first((step) => step === 1);
  wire.exchanges.all.find(({ requestBody }) => requestBody.includes('"hold"'))?.cut();
  // This step happens while no stream is open, the last one on the resumed stream.
  await call('release', { name });
  expect(steps.all).to.deep.equal([0, 1]);
  heldBack.resolve();
  const resumed = await wire.exchanges.first(({ requestHeaders }) => requestHeaders.has('last-event-id'));
  await steps.first((step) => step === 2);
  await call('release', { name });

  expect(textOf(await held)).to.equal(`released in ${replica}`);
  expect(steps.all).to.deep.equal([0, 1, 2, 3]);
  expect(resumed).to.include({ method: 'GET', status: 200 });
  expect(resumed.requestHeaders.get('mcp-session-id')).to.equal(sessionId());
}

async function cancel({ call }: Connection): Promise<void> {
  const name = randomUUID();
  const controller = new AbortController();
  const steps = new Inbox<number>();
  const options = {
    signal: controller.signal,
    onprogress: ({ progress }: { progress: number }) => steps.push(progress),
  };
  const held = call('hold', { name, steps: 1 }, options).then(
    () => 'answered',
    () => 'given up',
  );
  await steps.first((step) => step === 0);
  controller.abort(new Error('changed my mind'));
  expect(await held).to.equal('given up');
  expect(textOf(await call('outcome', { name }))).to.equal('cancelled');
}
