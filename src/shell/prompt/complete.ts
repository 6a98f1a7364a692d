import type { CommandContract, Server } from '../../index.ts';
import { type Parameter, positionals, signature, timeOptions } from '../signature.ts';
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
  const given = parts.slice(parts.indexOf(command) + 1);
  return { candidates: starting(parameterAt(contract, given)?.enum ?? []), typed };
}

/** What the word after these would be the value of. */
function parameterAt(contract: CommandContract, given: readonly string[]): Parameter | undefined {
  const byOption = new Map(signature(contract).map((parameter) => [parameter.option, parameter]));
  const takesValue = (word: string) => {
    const parameter = byOption.get(word);
    return parameter ? parameter.type !== 'boolean' : timeOptions(contract).includes(word);
  };
  let places = 0;
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? '';
    if (takesValue(word)) {
      at += 1;
      if (at === given.length) return byOption.get(word);
    } else if (!word.startsWith('--')) places += 1;
  }
  const named = given.map((word) => byOption.get(word));
  return positionals(contract).filter((parameter) => !named.includes(parameter))[places];
}
