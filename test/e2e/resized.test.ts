import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { hasTmux, Screen } from '../support/tmux.ts';

const stillJobs = fileURLToPath(new URL('still-jobs.ts', import.meta.url));

/** The prompt's frame with this many jobs and this line, below 30 lines. */
async function open(jobs: number, line = ''): Promise<Screen> {
  const screen = await Screen.with([process.execPath, stillJobs, String(jobs), `"${line}"`]);
  await screen.until(/^signalbox> /m);
  await screen.type(`${'x'.repeat(29)}a`);
  await screen.until(/a was pressed/);
  return screen;
}

describe.skipIf(!hasTmux)('a screen with rows of jobs that shrinks and grows', () => {
  test('keeps no remains of a frame, and no printed line is lost', async () => {
    await using screen = await open(12);
    const sizes = ['40x12', '80x24', '30x8', '100x30', '38x12', '38x14', '60x20', '80x24'];
    for (const [at, size] of sizes.entries()) {
      const [columns = 0, rows = 0] = size.split('x').map(Number);
      await screen.resize(columns, rows);
      const shown = await screen.until(new RegExp(`^(?=.{${columns - 1}}$)(signalbox)?> .*12 jobs$`, 'm'));
      const jobs = shown.filter((row) => /^ {2}(2\/w\d+|…)/.test(row)).map((row) => row.trim().split(' ')[0]);
      expect([size, jobs.length]).toEqual([size, Math.min(10, Math.floor((rows - 1) / 2))]);
      expect(new Set(jobs).size).toBe(jobs.length);
      if (at !== 2) continue;
      await screen.type('b');
      await screen.until(/b was pressed/);
    }
    const all = await screen.rows({ scrollback: true });
    const printed = (key: string) => all.filter((row) => row === `${key} was pressed`).length;
    expect([printed('x'), printed('a'), printed('b')]).toEqual([29, 1, 1]);
  });

  test('has one line, and one row for its job', async () => {
    await using screen = await open(1, 'calculate 12 a line that is too long');
    for (const [columns, rows, line] of [
      [22, 20, /^> .*is too long$/],
      [80, 24, /^signalbox> calculate 12 a line that is too long +1\/1 ready · 1 job$/],
    ] as const) {
      await screen.resize(columns, rows);
      const shown = await screen.until(new RegExp(line, 'm'));
      expect(shown.slice(shown.lastIndexOf('a was pressed') + 1)).toEqual([
        expect.stringMatching(/^ {2}2\/w1 /),
        expect.stringMatching(line),
      ]);
      expect(shown.filter((row) => / was pressed$/.test(row)).length).toBeGreaterThan(5);
    }
  });
});
