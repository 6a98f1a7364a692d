import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTerminals } from './in-terminals.ts';
import { type Block, blocksOf, lessons } from './markdown.ts';
import { whyNot } from './missing.ts';
import { Places } from './places.ts';
import { notPrinted } from './shape.ts';
import type { Terminal } from './terminal.ts';
import { fileOf, isQuoted, isWorkflow, treatmentOf } from './treatment.ts';
import { type Run, Workbench } from './workbench.ts';

const timeout = 90_000;
const written: Run = { exitCode: 0, printed: '' };

/** Tests that carry out each block of these pages, in order. */
export function tryPages(pages: readonly string[]): void {
  for (const page of pages) tryPage(page);
}

function tryPage(page: string): void {
  const blocks = blocksOf(page).filter((block) => treatmentOf(block) !== 'exception');
  const canTry = blocks.filter((block) => whyNot(block, blocks) === undefined);

  describe.skipIf(blocks.length === 0)(page, () => {
    let bench: Workbench;
    let terminal: Terminal | undefined;
    /** The output of the previous block, or that it was skipped. */
    let last: Run | 'skipped' | undefined;
    let places: Places;
    beforeAll(async () => {
      bench = new Workbench();
      if (lessons.includes(page)) terminal = bench.terminal();
      places = await Places.for(canTry);
    }, 300_000);
    afterAll(async () => {
      await terminal?.[Symbol.asyncDispose]();
      bench[Symbol.dispose]();
      await places[Symbol.asyncDispose]();
    });

    async function tryOut(block: Block): Promise<Run> {
      const script = places.fill(block.text);
      if (treatmentOf(block) === 'shell') return await (terminal ?? bench).run(script);
      if (treatmentOf(block) === 'commands') return await bench.run('signalbox server --spawn 3', `${script}\n`);
      const file = join(bench.folder, fileOf(block));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${script}\n`);
      if (treatmentOf(block) === 'program') return await bench.run(`node ${fileOf(block)}`);
      return isWorkflow(block) ? await bench.run(`signalbox workflow check ${fileOf(block)}`) : written;
    }

    /** A terminal may also show later output of background processes. */
    async function expectPrinted({ text: shown }: Block, { printed }: Run): Promise<void> {
      if (!terminal) return expect(notPrinted(shown, printed), printed).toEqual([]);
      const text = shown.replaceAll('/home/you/signalbox', bench.folder);
      const { printed: seen } = terminal;
      await expect
        .poll(() => notPrinted(text, terminal?.printed ?? ''), { timeout: 30_000, message: seen })
        .toEqual([]);
    }

    test.for(blocks)('line $line works as described: $begins', { timeout }, async (block, { skip }) => {
      const treatment = treatmentOf(block);
      const why = whyNot(block, blocks);
      if (why !== undefined) {
        last = 'skipped';
        return skip(why);
      }
      if (treatment === 'quote') return expect(isQuoted(block), `${block.directive}, as it stands`).toBe(true);
      if (treatment === 'output') {
        if (last === 'skipped') return skip('what prints it was skipped');
        return await expectPrinted(block, last ?? written);
      }
      last = undefined;
      if (treatment === 'terminals') return await inTerminals(bench, places.fill(block.text));
      expect(treatment, 'a block that nothing runs: see test/docs/treatment.ts').not.toBe('nothing');
      last = await tryOut(block);
      expect(last).toMatchObject({ exitCode: 0 });
    });
  });
}
