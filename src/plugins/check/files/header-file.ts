import { SignalboxError } from '../../../index.ts';
import { headerForm, parseHeader } from '../contracts/header.ts';

type Header = readonly [name: string, value: string];

/** The headers of a file, one per line; empty lines are ignored. @throws SignalboxError `bad_arguments`, with only the line number */
export function parseHeaderFile(name: string, text: string): Header[] {
  return text.split(/\r?\n/).flatMap((line, index): Header[] => {
    if (line.trim() === '') return [];
    const header = parseHeader(line);
    if (header) return [header];
    throw new SignalboxError('bad_arguments', `line ${index + 1} of --header-file ${name} must be ${headerForm}`);
  });
}
