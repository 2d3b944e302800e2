import { expect } from 'chai';
import { backendSchema } from '../../../core/registry/backend.ts';
import type { FleetBackend } from '../../../core/registry/fleet.ts';
import type { HTTPAccessLogEntry__Output } from '../../../protos/gen/envoy/data/accesslog/v3/HTTPAccessLogEntry.ts';
import { Redirects, redirectNote } from '../../../watcher/health/redirects.ts';

const backendOf = (document: object) => backendSchema.parse({ name: 'a', ...document });
const URL_BACKEND = backendOf({ url: 'https://mcp.example/mcp' });
const OWN = backendOf({ command: ['server'] });

describe('watcher/health/redirects', () => {
  for (const [backend, location, part] of [
    [
      URL_BACKEND,
      'https://mcp.example/mcp/',
      'to https://mcp.example/mcp/, which clients do not get; if this is where it serves MCP, set url',
    ],
    [URL_BACKEND, '//other.example:8443/x?token=secret#secret', 'to https://other.example:8443/x, which'],
    [URL_BACKEND, 'http://secret:secret@mcp.example/', 'to http://mcp.example/, which'],
    [OWN, '/mcp/', 'to /mcp/, which clients do not get; if this is where it serves MCP, set path'],
    [OWN, 'http://10.0.0.1/mcp', 'to http://10.0.0.1/mcp, which'],
    [OWN, 'http://[', 'other than an http URL'],
    [OWN, 'data:text/plain,secret', 'other than an http URL'],
    [OWN, undefined, 'without a Location'],
  ] as const) {
    it(`of ${backend.urls.length > 0 ? 'a url' : 'a command'} to ${location}: ${part.slice(0, 40)}`, () => {
      const note = redirectNote(backend, location);
      expect(note).to.include(part);
      expect(note).to.not.include('secret');
    });
  }

  it('cuts a long address, and lets no control character through', () => {
    const note = redirectNote(OWN, `/\u001b[31m${'x'.repeat(9_000)}`);
    expect(note.length).to.be.below(400);
    expect(note).to.not.include('\u001b');
  });

  describe('remembers the last redirect', () => {
    let nowMs = 0;
    let entry: Pick<FleetBackend, 'backend'> = { backend: OWN };
    const redirects = new Redirects(
      () => new Map([['a', entry as FleetBackend]]),
      () => nowMs,
    );
    const read = (upstreamCluster: string) =>
      redirects.read({
        commonProperties: { upstreamCluster, metadata: null },
      } as unknown as HTTPAccessLogEntry__Output);

    beforeEach(() => {
      entry = { backend: OWN };
      read('backend/a');
    });

    it('for ten minutes', () => {
      nowMs += 600_000;
      expect(redirects.noteOf(OWN)).to.be.a('string');
      nowMs += 1;
      expect(redirects.noteOf(OWN)).to.equal(undefined);
    });
    it('until the backend changes', () => {
      expect(redirects.noteOf(backendOf({ command: ['server'], path: '/mcp/' }))).to.equal(undefined);
    });
    it('of backends only', () => {
      for (const cluster of ['backend/unknown', 'metadata', '']) read(cluster);
      expect(redirects.noteOf(backendOf({ command: ['server'], name: 'unknown' }))).to.equal(undefined);
    });
  });
});
