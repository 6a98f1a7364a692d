import type { CommandContract } from '../../index.ts';
import type { Shell } from '../shell.ts';
import { signature, usage } from '../signature.ts';
import type { ShellWord } from '../word.ts';
import { atMost } from '../word-arguments.ts';

const grammar = `[@target[,target…]] command [arguments] [--option value] [; …]      # comment
Targets are names, globs or all. Durations are 250ms, 3s, 2m, 1h. help COMMAND tells more.`;

const taken = {
  control: 'taken in every state',
  data: 'taken in ready: send start first',
};

export const helpWord: ShellWord = {
  name: 'help',
  usage: 'help [COMMAND]',
  summary: 'List the commands, or explain one.',
  example: 'help calculate',
  completes: ['command'],
  prepare(shell, words) {
    atMost(helpWord, words, 1);
    const [about] = words;
    if (!about) return () => listAll(shell);
    const word = shell.words.get(about.text);
    if (word) {
      const { name, usage: shape, summary, example } = word;
      return () =>
        shell.output.say(`${shape}\n  ${summary}\n  example: ${example}`, { name, usage: shape, summary, example });
    }
    const contract = shell.contract(about.text, about);
    return () => explain(shell, contract);
  },
};

function listAll(shell: Shell): void {
  const commands = [...shell.server.commands.values()];
  const entries = [
    ...commands.map((contract) => ({
      shape: usage(contract).replace(/ \[--expires D\] \[--timeout D\]$/, ''),
      ...contract,
    })),
    ...[...shell.words.values()].map((word) => ({ shape: word.usage, ...word })),
  ];
  const width = Math.max(...entries.map(({ shape }) => shape.length));
  const lines = entries.map(({ shape, summary }) => `  ${shape.padEnd(width)}  ${summary}`);
  const facts = entries.map(({ name, shape, summary, example }) => ({ name, usage: shape, summary, example }));
  shell.output.say(`${grammar}\n\n${lines.join('\n')}`, { commands: facts });
}

function explain(shell: Shell, contract: CommandContract): void {
  const { name, kind, summary, example } = contract;
  const parameters = signature(contract).map(({ label, expectation, description }) => ({
    label,
    expectation,
    description,
  }));
  const lines = [
    usage(contract),
    `  ${summary}`,
    ...parameters.map((one) => `  ${one.label}: ${one.expectation}${one.description ? `; ${one.description}` : ''}`),
    `  ${taken[kind]}`,
    `  example: ${example}`,
  ];
  shell.output.say(lines.join('\n'), { name, kind, usage: usage(contract), summary, parameters, example });
}
