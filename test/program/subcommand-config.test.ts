import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openConfig, valuesOf } from '../../src/program/config/config-values.ts';
import { ownSubcommands, subcommandOptions } from '../../src/program/subcommands/own.ts';

const example = fileURLToPath(new URL('../../examples/presence/signalbox.yaml', import.meta.url));
const secret = fileURLToPath(new URL('../../examples/presence/secret', import.meta.url));
const store = 'postgres://db.example/signalbox';

test.each([
  ['gateway', { bind: { host: '127.0.0.1', port: 5560 }, store, userSecretFile: secret }],
  ['status', { bind: { host: '127.0.0.1', port: 5561 }, store }],
  ['user', { connect: { host: '127.0.0.1', port: 5560 }, count: 100, userSecretFile: secret }],
])('the example gives the options of presence %s the same values as the command line', (name, values) => {
  const group = ownSubcommands.find((one) => one.name === 'presence');
  const subcommand = group?.subcommands.find((one) => one.name === name);
  const file = openConfig(example);
  file.check();
  expect(
    Object.fromEntries(valuesOf(file, ['presence', name], subcommand ? subcommandOptions(subcommand) : [])),
  ).toEqual(values);
});

test('each option of a subcommand can be in the configuration', async () => {
  const { configSchema } = await import('../../schemas/config.ts');
  const sections = configSchema.shape.presence.unwrap().unwrap().shape;
  const known: Readonly<Record<string, object>> = {
    gateway: sections.gateway.unwrap().unwrap().shape,
    status: sections.status.unwrap().unwrap().shape,
    user: sections.user.unwrap().unwrap().shape,
    count: sections.count.unwrap().unwrap().shape,
    writer: configSchema.shape.check.unwrap().unwrap().shape.writer.unwrap().unwrap().shape,
  };
  for (const { subcommands } of ownSubcommands) {
    for (const subcommand of subcommands) {
      const options = subcommandOptions(subcommand).map((option) => option.attributeName());
      const wanted = options.filter((name) => name !== 'config').sort();
      expect(Object.keys(known[subcommand.name] ?? {}).sort()).toEqual(wanted);
    }
  }
});
