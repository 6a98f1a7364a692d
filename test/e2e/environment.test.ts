import { expect, test } from 'vitest';
import { inShell } from '../support/program.ts';

const others = ['--bind', 'tcp://0.0.0.0:*', '-c', 'exit'];

test.each([
  ['SIGNALBOX_INSECURE=false', ['server', ...others], 7, /can be reached from other machines/],
  ['SIGNALBOX_INSECURE=', ['server', ...others], 7, /can be reached from other machines/],
  ['SIGNALBOX_INSECURE=yes', ['server', ...others], 0, /^warning: --insecure/],
  ['SIGNALBOX_INSECURE=maybe', ['server', ...others], 2, /^error: SIGNALBOX_INSECURE .* not 'maybe'$/],
  ['SIGNALBOX_READY=maybe', ['client'], 2, /^error: SIGNALBOX_READY .* not 'maybe'$/],
  ['SIGNALBOX_HEALTH=', ['health'], 2, /required option '--at <socket>'/],
  ['SIGNALBOX_KEYS=', ['keys', 'add', 'all'], 2, /'all' is not a valid client name|no keys in keys/],
])('with %s, signalbox %j ends with %i', async (assignment, args, code, said) => {
  await using program = inShell(`export ${assignment}; exec "$@"`, ...args);
  expect(await program.exitCode()).toBe(code);
  expect(program.err[0]).toMatch(said);
});

test('an unknown word does not hide the help', async () => {
  await using program = inShell('export SIGNALBOX_READY=maybe; exec "$@"', 'client', '--help');
  expect(await program.exitCode()).toBe(0);
});
