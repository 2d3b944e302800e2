import { formatProblem } from '../../core/document/problems.ts';
import { isMissingFile, messageOf, UserError } from '../../core/errors.ts';
import { parseSessionKeys, type SessionKeys } from '../../core/session/keys.ts';
import { readTextFileSync } from '../files/read-sync.ts';
import type { Logger } from '../log.ts';
import { FileWatch } from '../registry/watch.ts';

/**
 * Reads the session keys, and reads them again whenever the file changes. An invalid change is logged and the last good keys
 * stay in use.
 *
 * @throws UserError `config` or `missing-file` if the keys cannot be used at the start
 */
export function watchSessionKeys(
  file: string,
  log: Logger,
  onChange: (keys: SessionKeys) => void,
): { keys: SessionKeys; close(): void } {
  const first = parseSessionKeys(readKeyFile(file), file);
  if (!first.ok) throw new UserError('config', first.problems.map(formatProblem).join('\n'));
  let last = fingerprintOf(first.value);
  const watch = new FileWatch({
    path: file,
    log,
    onChange: (texts) => {
      const [text = ''] = texts.values();
      const parsed = parseSessionKeys(text, file);
      if (!parsed.ok)
        return log.error({ problems: parsed.problems }, 'the session keys are invalid; keeping the last good ones');
      if (fingerprintOf(parsed.value) === last) return;
      last = fingerprintOf(parsed.value);
      log.info({ keys: parsed.value.byId.size }, 'new session keys are in force');
      onChange(parsed.value);
    },
  });
  return { keys: first.value, close: () => watch.close() };
}

function readKeyFile(file: string): string {
  try {
    return readTextFileSync(file);
  } catch (error) {
    const why = isMissingFile(error) ? '' : ` (${messageOf(error)})`;
    throw new UserError('missing-file', `the session keys cannot be read: ${file}${why}`, {
      hint: 'Create one with: openssl rand -base64 32',
      cause: error,
    });
  }
}

// Key ids are not secret: every sealed session id contains one.
function fingerprintOf({ sealing, byId }: SessionKeys): string {
  return [sealing.id.readUInt32BE(), ...byId.keys()].join(',');
}
