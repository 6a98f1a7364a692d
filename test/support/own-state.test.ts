import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import faults from '../../vitest.faults.config.ts';
import shipped from '../../vitest.shipped.config.ts';
import { ownState } from './own-state.ts';

test('processes that a test starts write nothing to the state folder of the developer', () => {
  expect(process.env).toMatchObject(ownState);
  expect(ownState.XDG_STATE_HOME).not.toContain(`${homedir()}/.local/state`);
});

test.each([
  ['faults', faults],
  ['shipped', shipped],
])('the same holds for tests of %s', (_, config) => {
  expect(config.test?.env).toMatchObject(ownState);
});
