import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { controlCommands } from '../../schemas/index.ts';
import { builtinContracts } from '../builtin-contracts.ts';
import type { ExitCode } from '../exit-code.ts';
import { jsonLine } from '../host/json-line.ts';
import { printable } from '../host/printable.ts';
import { readBounded } from '../read-bounded.ts';
import { checkText } from '../workflow/check-text.ts';
import { refuseSecrets, type SecretRefusal } from '../workflow/secret-refusal.ts';
import type { GivenPlugins } from './plugins/given-plugins.ts';
import { type ConfiguredSecrets, Secrets } from './secrets.ts';
import type { Surroundings } from './surroundings.ts';

/** The options of `signalbox workflow check`. */
export interface WorkflowCommandOptions {
  readonly json?: boolean;
  readonly plugins?: GivenPlugins;
  /** From the configuration, like `secrets`: the folder of the workflows that may use them. */
  readonly workflows?: string;
  readonly secrets?: ConfiguredSecrets;
}

/** `signalbox workflow check`: like the builtin, without a server. */
export async function checkWorkflows(
  files: readonly string[],
  { json = false, workflows: folder, secrets: configured = {} }: WorkflowCommandOptions,
  { host, added }: Pick<Surroundings, 'host' | 'added'>,
): Promise<ExitCode> {
  const contracts = [...controlCommands, ...(await builtinContracts()), ...(added?.contracts ?? [])];
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const secrets = new Secrets(configured, { env: host.env, warn() {} });
  let isWrong = false;
  for (const file of files) {
    const source = { file, text: readBounded(file, `the workflow ${file}`) };
    const refusal = isIn(folder, file) ? secrets.refusalOf : refuseElsewhere;
    const { name, tasks, problems } = checkText(source, byName, refusal);
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

const refuseElsewhere: SecretRefusal = (...asked) => `${refuseSecrets(...asked)}: check it there, with its --config`;

function isIn(folder: string | undefined, file: string): boolean {
  if (folder === undefined) return false;
  try {
    return realpathSync(dirname(file)) === realpathSync(folder);
  } catch {
    return false;
  }
}
