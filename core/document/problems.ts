/** One problem in a document. */
export interface Problem {
  /** File or object that has the problem, named as in the user's configuration or arguments. */
  source: string;
  /** Path of the value in the document, such as `healthCheck.type` or `env[2].name`; empty for the document itself. */
  path: string;
  /** Line in the file, from 1; absent if the problem has no line, such as a missing key. */
  line?: number;
  /** What is wrong, and what would be right. */
  message: string;
}

/** A parsed value, or every problem in the document. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

/** Formats a problem as `file:line: path: message`, which editors recognize. */
export function formatProblem({ source, line, path, message }: Problem): string {
  const location = line === undefined ? source : `${source}:${line}`;
  return path === '' ? `${location}: ${message}` : `${location}: ${path}: ${message}`;
}
