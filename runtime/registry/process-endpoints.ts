import { parseYaml } from '../../core/document/parse.ts';
import { type Endpoint, type EndpointFile, endpointFileSchema } from '../../core/registry/endpoint.ts';
import type { Logger } from '../log.ts';
import { FileWatch } from './watch.ts';

/**
 * The endpoints of `command` backends, from a folder with one JSON file for each backend. `up`, which runs the processes, writes the
 * files, so a file that does not parse is a bug and is logged.
 */
export class ProcessEndpoints {
  readonly #watch: FileWatch;
  #files: ReadonlyMap<string, EndpointFile> = new Map();
  /** Whether the folder was read. */
  isKnown = false;

  constructor(folder: string, log: Logger, onChange: () => void) {
    this.#watch = new FileWatch({
      path: folder,
      accept: (name) => name.endsWith('.json'),
      log,
      onChange: (texts) => {
        this.isKnown = true;
        this.#files = new Map([...texts].flatMap(([name, text]) => this.#parse(name, text, log)));
        onChange();
      },
    });
  }

  /** The endpoints of a backend; empty if it does not run. */
  endpointsOf(backend: string): readonly Endpoint[] {
    return this.#files.get(backend)?.endpoints ?? [];
  }

  /** Why there are no more endpoints, for display. */
  notesOf(backend: string): readonly string[] {
    return this.#files.get(backend)?.notes ?? [];
  }

  /** Stops watching. */
  close(): void {
    this.#watch.close();
  }

  #parse(name: string, text: string, log: Logger): [string, EndpointFile][] {
    const parsed = parseYaml(text, name, endpointFileSchema);
    if (parsed.ok) return [[parsed.value.backend, parsed.value]];
    log.error({ problems: parsed.problems }, 'an endpoint file is not valid; keeping its last good content');
    return [...this.#files].filter(([backend]) => name === `${backend}.json`);
  }
}
