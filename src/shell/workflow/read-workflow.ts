import type { BuiltinContext } from '../../plugin/builtin.ts';
import { readBounded } from '../../read-bounded.ts';
import { pathOf } from '../path-of.ts';

/** Whether a word is the path of a file, not the name of a workflow on the server. */
export const isFile = (text: string): boolean => text.includes('/') || /\.ya?ml$/.test(text);

/** Reads a workflow file, on the machine where it is typed. @throws SignalboxError `bad_usage` */
export function readWorkflow(path: string, { folder }: Pick<BuiltinContext, 'folder'>): { file: string; text: string } {
  return { file: path, text: readBounded(pathOf(path, folder), `the workflow ${path}`) };
}
