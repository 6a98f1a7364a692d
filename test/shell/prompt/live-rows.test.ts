import { describe, expect, test } from 'vitest';
import type { JobView } from '../../../src/index.ts';
import { widthOf } from '../../../src/shell/output/text-width.ts';
import { liveRows } from '../../../src/shell/prompt/live-rows.ts';
import { createStyle } from '../../../src/shell/prompt/style.ts';
import { viewOf } from '../../../src/shell/prompt/view.ts';

const job = (number: number, facts: Partial<JobView> = {}) =>
  ({
    ...{
      id: `boot.${number}`,
      number,
      client: `web-${number}.example.com`,
      command: 'calculate',
      kind: 'data',
      args: {},
    },
    ...{ state: 'accepted', outcome: undefined, durationMs: 12_345, progress: { fraction: 0.37, note: undefined } },
    ...facts,
  }) as JobView;
const jobs = Array.from({ length: 30 }, (_, at) => job(at + 1));

const rowsOf = (columns: number, rows: number, lastLine: string | undefined = undefined, some = jobs) =>
  liveRows(some, { lastLine: () => lastLine, columns, rows, style: createStyle(true) });

describe('rows of running jobs', () => {
  test.each([10, 20, 40, 59, 60, 80, 200])('are a row each on a screen of %i columns', (columns) => {
    for (const said of [undefined, '░░░ 日本語 a question of many words, longer than any screen? '.repeat(5)]) {
      const rows = rowsOf(columns, 8, said);
      expect(rows).toHaveLength(8);
      expect(Math.max(...rows.map(widthOf))).toBeLessThan(columns);
    }
  });

  test('on a screen of 40 columns have the job, its time, its progress, and its last output', () => {
    const one = job(7, { client: 'w1' });
    const [row = ''] = liveRows([one], {
      ...{ columns: 40, rows: 5, style: createStyle(false) },
      lastLine: () => 'Continue? ',
    });
    expect(row).toMatch(/^ {2}7\/w1 +12\.3 s +37 % +Continue\?/);
  });

  test('have no bar without progress: only a note, or the last output of the job', () => {
    const options = { columns: 120, rows: 5, style: createStyle(false), lastLine: () => 'said last' };
    const rowOf = (note?: string) => liveRows([job(7, { client: 'w1', progress: { fraction: 0, note } })], options)[0];
    expect(rowOf('12 % cpu')).toMatch(/12\.3 s {2}12 % cpu$/);
    expect(rowOf()).toMatch(/12\.3 s {2}said last$/);
  });

  test('show that a job waits until its output is taken', () => {
    const options = { columns: 120, rows: 5, style: createStyle(false), lastLine: () => 'y' };
    const [row = ''] = liveRows([job(7, { client: 'w1', outputFull: true })], options);
    expect(row).toMatch(/waiting for its output to be read$/);
  });

  test.each([3, 4, 6, 8, 12, 24, 50])('never take more than half of a screen of %i rows', (rows) => {
    const state = {
      ...{ line: '', cursor: 0, ghost: '', hint: {}, menu: undefined, search: undefined, target: '' },
      status: { ready: 1, online: 1, running: 30, insecure: false },
      ...{ isWaiting: false, waitsFor: undefined },
    };
    const frame = viewOf(state, (room) => rowsOf(40, room), { columns: 40, rows }, createStyle(false));
    expect(frame.cursorRow).toBeLessThanOrEqual(rows / 2);
    expect(frame.cursorRow).toBeGreaterThan(0);
  });
});
