import { expect } from 'chai';
import { createBackendFile } from '../../../control/folder/files.ts';
import { type RegistryFolder, registryFolder } from '../mcp/registry-folder.ts';

describe('a new backend file', () => {
  let registry: RegistryFolder;

  beforeEach(() => {
    registry = registryFolder();
  });
  afterEach(() => registry.remove());

  it('is created once if several calls create it at the same time; the others fail', async () => {
    for (let round = 0; round < 10; round++) {
      const specs = Array.from({ length: 8 }, (_, index) => ({
        name: `b${round}`,
        url: `http://127.0.0.1:${index + 1}`,
      }));
      const made = await Promise.allSettled(
        specs.map((spec) => createBackendFile(`${registry.folder}/backends`, spec)),
      );
      const winners = specs.filter((_, index) => made[index]?.status === 'fulfilled');
      expect(winners).to.have.length(1);
      expect(registry.read(`backends/b${round}.yaml`)).to.equal(`name: b${round}\nurl: ${winners[0]?.url}\n`);
    }
  });
});
