import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a registry has to know of a package. */
export interface PublishedPackage {
  manifest: { name: string; version: string };
  /** What `npm pack` made. */
  archive: Buffer;
}

/** A registry on loopback with one package, published as npm does it. Requests for others are redirected to `others`, the URL of a real one. */
export async function startRegistry({ manifest, archive }: PublishedPackage, others: string) {
  const { name, version } = manifest;
  const path = `/${name}/-/${name}-${version}.tgz`;
  const server = createServer((request, response) => {
    if (request.url === path) return void response.end(archive);
    if (request.url !== `/${name}`)
      return void response.writeHead(302, { location: others.replace(/\/$/, '') + request.url }).end();
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    // Registries set `_hasShrinkwrap` for an archive with npm-shrinkwrap.json.
    const published = { ...manifest, _hasShrinkwrap: true, dist: { tarball: `${url}${path}`, integrity } };
    const answer = { name, 'dist-tags': { latest: version }, versions: { [version]: published } };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
