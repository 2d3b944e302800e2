/** One thing that is wrong in a document that somebody wrote. */
export interface Problem {
  /** File or object that holds it, as the person knows it. */
  source: string;
  /** Path of the value in the document, `healthCheck.type` or `env[2].name`; empty for the document itself. */
  path: string;
  /** Line in the file, from 1; absent when the problem has no place (a key that is missing). */
  line?: number;
  /** What is wrong and what would be right. */
  message: string;
}

/** A parsed value, or every problem that stands in its way. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

/** `file:line: path: message`, the form that editors and people both follow. */
export function formatProblem({ source, line, path, message }: Problem): string {
  const location = line === undefined ? source : `${source}:${line}`;
  return path === '' ? `${location}: ${message}` : `${location}: ${path}: ${message}`;
}
