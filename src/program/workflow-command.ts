import { controlCommands } from '../../schemas/index.ts';
import { builtinContracts } from '../builtin-contracts.ts';
import type { ExitCode } from '../exit-code.ts';
import { jsonLine } from '../host/json-line.ts';
import { printable } from '../host/printable.ts';
import { readBounded } from '../read-bounded.ts';
import { checkText } from '../workflow/check-text.ts';
import type { GivenPlugins } from './plugins/given-plugins.ts';
import type { Surroundings } from './surroundings.ts';

/** The options of `signalbox workflow check`. */
export interface WorkflowCommandOptions {
  readonly json?: boolean;
  readonly plugins?: GivenPlugins;
}

/** `signalbox workflow check`: as the builtin, without a server. */
export async function checkWorkflows(
  files: readonly string[],
  { json = false }: WorkflowCommandOptions,
  { host, added }: Pick<Surroundings, 'host' | 'added'>,
): Promise<ExitCode> {
  const contracts = [...controlCommands, ...(await builtinContracts()), ...(added?.contracts ?? [])];
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  let isWrong = false;
  for (const file of files) {
    const { name, tasks, problems } = checkText({ file, text: readBounded(file, `the workflow ${file}`) }, byName);
    isWrong ||= problems.length > 0;
    if (json) {
      void host.stdout.write(jsonLine({ file, name, tasks, problems }));
      continue;
    }
    const lines = problems.map(({ line, column, sentence }) => `${file}:${line}:${column}: ${sentence}`);
    for (const line of lines) void host.stdout.write(`${printable(line)}\n`);
  }
  return isWrong ? 2 : 0;
}
