import type { Command } from 'commander';

const on = ['true', '1', 'yes', 'on'];
const off = ['false', '0', 'no', 'off'];

const wordOf = (value: string): string => value.trim().toLowerCase();

/** Undefined for any other word. */
export function parseSwitch(word: string): boolean | undefined {
  if (on.includes(wordOf(word))) return true;
  return off.includes(wordOf(word)) ? false : undefined;
}

/**
 * Removes empty variables, and those of switches that are off, before a command reads its options from variables.
 * Commander turns a switch on if its variable exists, even if the value is `false`.
 * @returns the switches that are off.
 */
export function removeUnset(command: Command, env: NodeJS.ProcessEnv): string[] {
  const switchedOff: string[] = [];
  for (const option of command.options) {
    const value = option.envVar === undefined ? undefined : env[option.envVar];
    if (option.envVar === undefined || value === undefined) continue;
    const isOff = option.isBoolean() && parseSwitch(value) === false;
    if (isOff) switchedOff.push(option.attributeName());
    if (isOff || value.trim() === '') delete env[option.envVar];
  }
  return switchedOff;
}

/** Ends with a usage error if the variable of a switch has an invalid value. */
export function checkSwitches(command: Command, env: NodeJS.ProcessEnv): void {
  for (const option of command.options) {
    const { envVar, flags } = option;
    const isByEnv = command.getOptionValueSource(option.attributeName()) === 'env';
    if (envVar === undefined || !isByEnv || !option.isBoolean()) continue;
    const value = env[envVar] ?? '';
    if (parseSwitch(value)) continue;
    const words = on.map((word, index) => `${word} or ${off[index]}`).join(', ');
    command.error(`error: ${envVar} (option '${flags}') must be ${words}, not '${value}'`);
  }
}
