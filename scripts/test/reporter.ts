import { relative } from 'node:path';
import Mocha from 'mocha';
import { encodeRecord, type FileRecord } from './records.ts';

const { Base, Spec } = Mocha.reporters;
const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  Mocha.Runner.constants;

/** Mocha's `spec` with the failures and a record after each file, for scripts/test.ts. */
export default class FileReporter extends Spec {
  #current = emptyRecord();
  #startedMs = performance.now();
  #failures: Mocha.Test[] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    // Before the listener of `Spec`, which prints the title of the suite.
    runner.prependListener(EVENT_SUITE_BEGIN, ({ parent, file }) => {
      const path = file === undefined ? undefined : relative(process.cwd(), file);
      if (parent?.root && path !== this.#current.file) this.#next(path);
    });
    runner.on(EVENT_TEST_PASS, () => void this.#current.passed++);
    runner.on(EVENT_TEST_PENDING, () => void this.#current.skipped++);
    runner.on(EVENT_TEST_FAIL, (test) => {
      this.#current.failed++;
      this.#failures.push(test);
    });
    runner.once(EVENT_RUN_END, () => {
      this.#next(undefined);
      this.#write();
    });
  }

  /** In place of the summary of the whole run. */
  override epilogue(): void {}

  /** Ends the current file. What came before the first file is added to the next record. */
  #next(file: string | undefined): void {
    if (this.#current.file !== undefined) this.#write();
    this.#current = { ...this.#current, file };
  }

  #write(): void {
    if (this.#failures.length > 0) Base.list(this.#failures);
    const durationMs = Math.round(performance.now() - this.#startedMs);
    process.stdout.write(encodeRecord({ ...this.#current, durationMs }));
    this.#current = emptyRecord();
    this.#failures = [];
    this.#startedMs = performance.now();
  }
}

function emptyRecord(): FileRecord {
  return { file: undefined, passed: 0, failed: 0, skipped: 0, durationMs: 0 };
}
