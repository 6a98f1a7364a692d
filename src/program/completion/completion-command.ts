import { builtinContracts } from '../../builtin-contracts.ts';
import type { Host } from '../../host/host.ts';
import { isExtended, type runCli } from '../cli.ts';
import { describeProgram } from '../command-tree.ts';
import { type Around, completeLine } from './complete-line.ts';
import { replyOf } from './reply.ts';
import { completionScripts } from './scripts.ts';
import { readTypedLine } from './typed-line.ts';

interface Surroundings {
  readonly host: Host;
  readonly extend: NonNullable<Parameters<typeof runCli>[1]['extend']>;
}

/** `signalbox completion SHELL` */
export async function printCompletion(shell: keyof typeof completionScripts, { stdout }: Host): Promise<number> {
  await stdout.write(completionScripts[shell]);
  return 0;
}

/** `signalbox complete LINE [WORD-BREAKS]`, which the scripts call. Only bash gives word breaks. */
export async function answerCompletion(
  line: string,
  wordBreaks: string | undefined,
  { host, extend }: Surroundings,
): Promise<number> {
  const typed = readTypedLine(line, wordBreaks);
  const completions = await completeLine(describeProgram(), typed, aroundFor({ host, extend }));
  await host.stdout.write(replyOf(completions, typed, wordBreaks !== undefined));
  return 0;
}

function aroundFor({ host, extend }: Surroundings): Around {
  return {
    async extend(command, args) {
      if (isExtended(command, args, host.env)) await extend(command, args, []);
    },
    async completeShellLine(line) {
      const [{ complete }, { builtins }, contracts] = await Promise.all([
        import('../../shell/prompt/complete.ts'),
        import('../../shell/builtins.ts'),
        allContracts(),
      ]);
      const commands = new Map(contracts.map((one) => [one.name, one]));
      // A server that begins with the line has no clients and no jobs yet.
      const context = { commands, builtins: new Map(builtins.map((one) => [one.name, one])) };
      return complete(line, { ...context, clients: () => [], jobs: () => [] });
    },
    async commands() {
      const contracts = await builtinContracts();
      return contracts.map(({ name, summary }) => ({ text: name, about: summary }));
    },
  };
}

async function allContracts() {
  const { controlCommands } = await import('../../../schemas/control.ts');
  return [...controlCommands, ...(await builtinContracts())];
}
