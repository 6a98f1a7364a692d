import type { Command, Option } from 'commander';

/** Options of a prompt or script, by attribute. */
const ofOthers = ['command', 'output', 'waitClients', 'connectTimeout', 'echo', 'begin', 'keepGoing'];

/** Ends with a usage error if `--headless` is combined with an option of a prompt or script. */
export function checkHeadless(command: Command): void {
  if (!command.getOptionValue('headless')) return;
  for (const option of command.options) {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    const isDefault = source === undefined || source === 'default' || command.getOptionValue(name) === 'text';
    if (!ofOthers.includes(name) || isDefault) continue;
    command.error(`error: --headless has no prompt or script, so it does not accept ${shown(option, source)}`);
  }
}

function shown(option: Option, source: string): string {
  const { flags, envVar } = option;
  if (source === 'env') return `${envVar} (option '${flags}')`;
  return source === 'config' ? `server.${option.attributeName()} of the configuration` : `'${flags}'`;
}
