import { resolve } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { readTextFile } from '../../runtime/files/read.ts';
import { type PairFiles, type PairProblem, type PairResult, parsePair } from './pair.ts';

/** Reads a certificate and its key. Paths are relative to the folder; problems name the files by the paths given. */
export async function readPair(folder: string, files: PairFiles): Promise<PairResult> {
  const problems: PairProblem[] = [];
  const read = async (key: keyof PairFiles): Promise<string> => {
    try {
      return await readTextFile(resolve(folder, files[key]));
    } catch (error) {
      problems.push({ key, message: `${files[key]} cannot be read: ${messageOf(error)}` });
      return '';
    }
  };
  const [certText, keyText] = await Promise.all([read('certFile'), read('keyFile')]);
  return problems.length > 0 ? { ok: false, problems } : parsePair(certText, keyText, files);
}
