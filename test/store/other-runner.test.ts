import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { storeCases } from '../../src/store/contract/store-contract.ts';

const urlOf = (path: string) => JSON.stringify(new URL(`../../src/store/${path}`, import.meta.url).href);
const run = (text: string) =>
  promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', text], {
    // Node's test runner behaves differently inside another test runner.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });

test('the store test kit runs with the test runner of Node, and fails for a store that breaks a rule', async () => {
  const program = (broken: string) => `
    import { test } from 'node:test';
    import { storeCases } from ${urlOf('contract/store-contract.ts')};
    import { createMemoryStore } from ${urlOf('memory/memory-store.ts')};
    const open = async () => {
      const store = createMemoryStore();
      ${broken}
      return store;
    };
    for (const { title, needsDurable, run } of storeCases) if (!needsDurable) test(title, () => run({ open }));
  `;
  const count = storeCases.filter(({ needsDurable }) => !needsDurable).length;
  const { stdout } = await run(program(''));
  expect(stdout).toMatch(new RegExp(`^\\S+ pass ${count}$`, 'm'));
  const failed = await run(program('store.findByKey = async () => [];')).catch((error) => error);
  expect([failed.code, failed.stdout]).toEqual([1, expect.stringMatching(/^\S+ fail [1-9]/m)]);
});
