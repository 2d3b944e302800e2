import { spawn } from 'node:child_process';
import { splitLines } from '../../runtime/processes/lines.ts';

/** How a Python command ended. */
export interface PythonResult {
  /** Null if a signal ended it. */
  code: number | null;
  /** The lines that it wrote to stderr. */
  errors: string[];
}

/** Settings of {@link runPython}. */
export interface PythonRun {
  /** Absolute path of the interpreter. */
  python: string;
  args: string[];
  /** `python -m` imports modules from here first, so it must be a folder that nobody else can write to. */
  cwd: string;
  onLine?: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Runs `python3` until it exits, with this process's environment (for proxies and settings of pip). Rejects if aborted. */
export function runPython({ python, args, cwd, onLine = () => {}, signal }: PythonRun): Promise<PythonResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
    const errors: string[] = [];
    const outputLines = splitLines(onLine);
    const errorLines = splitLines((line) => errors.push(line));
    child.stdout.setEncoding('utf8').on('data', (text: string) => outputLines.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => errorLines.push(text));
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    // Settle only after the process has ended: an aborted one may still write into its folder.
    child.once('close', (code) => {
      if (failure) return reject(failure);
      errorLines.end();
      resolve({ code, errors });
    });
  });
}
