/** Splits text that arrives in pieces into lines. */
export interface LineSplitter {
  push(text: string): void;
  /** Emits the rest after the last line break, if any. */
  end(): void;
}

/** Longer lines are cut: 16 Ki UTF-16 code units. */
export const MAX_LINE_LENGTH = 16 * 1024;

/** Suffix of a line that was cut. */
export const CUT_MARK = ' [cut]';

/**
 * Splits text at `\n` or `\r\n`. A line longer than `maxLength` is cut and marked, and its rest dropped, so that a program
 * that never ends a line cannot fill the memory.
 */
export function splitLines(onLine: (line: string) => void, maxLength = MAX_LINE_LENGTH): LineSplitter {
  let kept = '';
  let cut = false;

  const keep = (text: string): void => {
    const room = maxLength - kept.length;
    if (text.length > room) cut = true;
    kept += text.slice(0, room);
  };
  const flush = (): void => {
    const line = cut ? kept + CUT_MARK : kept.replace(/\r$/, '');
    kept = '';
    cut = false;
    onLine(line);
  };

  return {
    push(text) {
      let from = 0;
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
        keep(text.slice(from, at));
        flush();
        from = at + 1;
      }
      keep(text.slice(from));
    },
    end() {
      if (kept !== '' || cut) flush();
    },
  };
}
