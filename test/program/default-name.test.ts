import { hostname } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { clientNameSchema } from '../../schemas/names.ts';
import { defaultName } from '../../src/program/default-name.ts';
import { createKeyFolder } from '../support/key-folder.ts';

test('without credentials a client is named by host and process', () => {
  const name = defaultName(undefined);
  expect(clientNameSchema.parse(name)).toBe(name);
  expect(name.endsWith(`-${process.pid}`)).toBe(true);
  expect(name.startsWith(hostname().toLowerCase().slice(0, 3))).toBe(true);
});

test('with credentials it has their name; a name for replicas is completed with the host, up to 63 characters', () => {
  const long = 'r'.repeat(61);
  const keys = createKeyFolder('w1');
  onTestFinished(() => keys[Symbol.dispose]());
  for (const name of ['web', long]) keys.store.add(name, { replicas: true });
  expect(defaultName(keys.of('w1'))).toBe('w1');
  const [web, longest] = ['web', long].map((name) => defaultName(keys.of(name)));
  expect(web?.startsWith(`web-${hostname().toLowerCase().slice(0, 3)}`)).toBe(true);
  expect(clientNameSchema.parse(longest)).toBe(longest);
  expect(longest?.startsWith(`${long}-`)).toBe(true);
});
