import { Command, CommanderError, Option } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkSwitches, removeUnset } from '../../src/program/environment.ts';

afterEach(() => void vi.unstubAllEnvs());

/** The options of a command with this environment. */
function parse(env: Record<string, string>, ...args: string[]): Record<string, unknown> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const program = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .hook('preSubcommand', (_, command) => void removeUnset(command, process.env))
    .hook('preAction', (_, command) => checkSwitches(command, process.env));
  let options: Record<string, unknown> = {};
  program
    .command('act')
    .addOption(new Option('--echo').env('BOX_ECHO'))
    .addOption(new Option('--bind <place>').env('BOX_BIND').default('here'))
    .action((parsed) => {
      options = parsed;
    });
  program.parse(['act', ...args], { from: 'user' });
  return options;
}

describe('a switch in the environment', () => {
  test.each(['false', '0', 'no', 'off', 'False', 'OFF', '', ' '])('is off by %j', (word) => {
    expect(parse({ BOX_ECHO: word })).toEqual({ bind: 'here' });
  });

  test.each(['true', '1', 'yes', 'on', 'TRUE', 'On'])('is on by %j', (word) => {
    expect(parse({ BOX_ECHO: word })).toEqual({ bind: 'here', echo: true });
  });

  test.each(['enabled', '2', 'y', 'maybe'])('is an error that names it by %j', (word) => {
    expect(() => parse({ BOX_ECHO: word })).toThrow(CommanderError);
    expect(() => parse({ BOX_ECHO: word })).toThrow(`error: BOX_ECHO (option '--echo') must be true or false`);
    expect(parse({ BOX_ECHO: word }, '--echo')).toEqual({ bind: 'here', echo: true });
  });
});

test.each([
  ['', 'here'],
  ['there', 'there'],
  ['false', 'false'],
])('a variable of an option that takes a value: %j means %s', (value, bind) => {
  expect(parse({ BOX_BIND: value })).toEqual({ bind });
});
