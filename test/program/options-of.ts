import { expect, vi } from 'vitest';
import { runCli } from '../../src/program/cli.ts';
import type { Handlers } from '../../src/program/command-tree.ts';
import { extend } from '../../src/program/plugins/extend.ts';

/**
 * The options of a subcommand.
 * @throws an error that names the faults of the configuration.
 */
export async function optionsOf(
  args: readonly string[],
  { env = {}, folder }: { env?: Record<string, string>; folder: string },
): Promise<Record<string, unknown>> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  let given: Record<string, unknown> = {};
  const handler = async (options: object) => {
    given = { ...options };
    return 0;
  };
  const handlers = { server: handler, client: handler } as unknown as Handlers;
  let err = '';
  const exitCode = await runCli(args, {
    handlers,
    env: process.env,
    writeOut() {},
    writeErr: (text) => {
      err += text;
    },
    extend: (command, all, switchedOff) => extend(command, all, { env: process.env, folder, switchedOff }),
  });
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  const { plugins, ...rest } = given as { plugins?: { setUp(options: object): Promise<unknown> } };
  await plugins?.setUp({ side: 'server' });
  return rest;
}
