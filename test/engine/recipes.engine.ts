import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { blocksOf } from '../docs/markdown.ts';
import { newFolder } from '../support/new-folder.ts';
import { main } from '../support/program.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { tinyImage } from './support/tiny-image.ts';

/**
 * Runs a recipe of docs/workflows.md unchanged.
 * @returns the output of the script.
 */
async function runs(name: string, params: readonly string[] = []) {
  const recipe = blocksOf('docs/workflows.md').find(({ begins }) => begins === `name: ${name}`);
  const file = join(newFolder(), `${name}.yaml`);
  writeFileSync(file, recipe?.text ?? '');
  const given = [`image=${tinyImage}`, ...params].map((one) => `--param ${one}`).join(' ');
  const args = [main, 'server', '--spawn', '2', '--plugin', 'signalbox/container'];
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; printed: string }>();
  const child = execFile(process.execPath, args, (_error, stdout, stderr) => {
    resolve({ exitCode: child.exitCode, printed: `${stdout}${stderr}` });
  });
  child.stdin?.end(`start\nworkflow run ${file} ${given}\n`);
  return await promise;
}

engineTest(
  'the recipe of an ETL in containers runs its steps in order, each with the results of the previous one',
  async () => {
    const volume = newName();
    try {
      const { exitCode, printed } = await runs('etl', [`volume=${volume}`]);
      expect(exitCode, printed).toBe(0);
      expect(printed).toMatch(/w1 \| row-1\nw1 \| row-2\nw1 \| row-3\n/);
      expect(printed).toContain('w2 | the ETL has completed with 3 rows');
    } finally {
      await engine.docker('volume', 'rm', '--force', volume);
    }
  },
);

engineTest('the recipe of a chain goes from programs to a container and back', async () => {
  const { exitCode, printed } = await runs('chain');
  expect(exitCode, printed).toBe(0);
  expect(printed).toMatch(/w1 \| report-of-\d{4}-\d\d-\d\d by w2\n/);
});
