import { expect, test } from 'vitest';
import { drawSchedule, schedulesTable } from '../../src/shell/workflow/draw-schedules.ts';

const view = {
  schedule: 'nightly/1',
  workflow: 'nightly',
  when: '0 3 * * * Europe/Berlin',
  nextMs: [Date.UTC(2026, 10, 29, 2)],
  decisions: [{ action: 'run', plannedMs: Date.UTC(2026, 10, 28, 2), run: 1 } as const],
};
const time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d/;

test('times of a schedule have their offset from UTC, because its time zone may be another', () => {
  const [, next, was] = drawSchedule(view).split('\n');
  expect(next).toMatch(new RegExp(`^  next  ${time.source}$`));
  expect(was).toMatch(new RegExp(`^  was   ${time.source}: run 1$`));
  const cells = schedulesTable([view]).columns.map(({ cell }) => cell(view));
  expect(cells[2]).toMatch(new RegExp(`^${time.source}$`));
});
