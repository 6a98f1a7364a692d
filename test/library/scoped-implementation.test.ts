import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement, type JobContext, type Recovery } from '../../src/index.ts';
import { PluginScope } from '../../src/plugin/plugin-scope.ts';
import { scopedImplementation } from '../../src/plugin/scoped-implementation.ts';

const contract = defineCommand({
  name: 'work',
  summary: 'Work.',
  args: z.strictObject({}),
  result: z.null(),
  recoverable: true,
  example: 'work',
});

test('everything that a command of a plug-in does is attributed to the plug-in, including recovery and facts', async () => {
  const scope = new PluginScope();
  const seen: string[] = [];
  const see = (what: string) => void seen.push(`${what} ${scope.current}`);
  const handler = () => {
    see('work');
    return null;
  };
  const work = implement(contract, handler, {
    containment: async () => {
      see('containment');
      return 'none';
    },
    facts: () => {
      see('facts');
      return {};
    },
    recover: async () => {
      await null;
      see('recover');
      const goOn = () => {
        see('goOn');
        return null;
      };
      return [{ id: 'aaaaaaaa.1', storeId: 'one', timeoutMs: 5, goOn }];
    },
  });
  const scoped = scopedImplementation(work, (run) => scope.run('own', run));
  const job = {} as JobContext;
  await scoped.containment?.();
  await scoped.facts?.();
  const left = (await scoped.recover?.({} as Recovery)) ?? [];
  expect(left).toMatchObject([{ id: 'aaaaaaaa.1', storeId: 'one', timeoutMs: 5 }]);
  await left[0]?.goOn(job);
  await scoped.prepare({})(job);
  expect(seen).toEqual(['containment own', 'facts own', 'recover own', 'goOn own', 'work own']);
});
