import type { Server } from '../../index.ts';
import { signature, timeOptions } from '../signature.ts';
import type { ShellWord } from '../word.ts';

/**
 * What the word under the cursor can become: commands and shell words, client names after `@`, options after `--`, outcomes
 * of an enum. @returns the candidates and the part of the line that they replace.
 */
export function complete(
  line: string,
  server: Pick<Server, 'commands' | 'clients'>,
  words: ReadonlyMap<string, ShellWord>,
): { candidates: string[]; typed: string } {
  const statement = line.slice(line.lastIndexOf(';') + 1).trimStart();
  const parts = statement.split(/\s+/);
  const typed = parts.pop() ?? '';
  const starting = (candidates: Iterable<string>) => [...candidates].filter((one) => one.startsWith(typed)).sort();
  if (typed.startsWith('@')) {
    const done = typed.slice(1, typed.lastIndexOf(',') + 1);
    const names = ['all', ...server.clients().map(({ name }) => name)];
    return { candidates: starting(names.map((name) => `@${done}${name}`)), typed };
  }
  const command = parts.find((part) => !part.startsWith('@'));
  if (command === undefined) return { candidates: starting([...server.commands.keys(), ...words.keys()]), typed };
  if (command === 'help') return { candidates: starting([...server.commands.keys(), ...words.keys()]), typed };
  const contract = server.commands.get(command);
  if (!contract) return { candidates: [], typed };
  const parameters = signature(contract);
  if (typed.startsWith('-')) {
    return { candidates: starting([...parameters.map(({ option }) => option), ...timeOptions(contract)]), typed };
  }
  return { candidates: starting(parameters[parts.length - 1 - parts.indexOf(command)]?.enum ?? []), typed };
}
