import type { Measure, Row, Who } from './rows.ts';

/** What was hoped for, beside what came. Nothing fails where it is missed. */
export interface Aim {
  readonly text: string;
  readonly value: number;
  readonly unit: '×' | 'ms';
  readonly isMet: boolean;
}

export function aimsOf(rows: readonly Row[]): Aim[] {
  const row = (measure: Measure, at: number | undefined, who: Who) =>
    rows.find((one) => one.measure === measure && one.who === who && (at === undefined || one.at === at));
  const ratio = (...of: Parameters<typeof row>) => row(...of)?.ratio ?? Number.NaN;
  const most = Math.max(...rows.filter(({ measure }) => measure === 'gather').map(({ at }) => at));
  const atLeast = (text: string, value: number, bound: number): Aim => ({
    text: `${text}: at least ${bound} ×`,
    value,
    unit: '×',
    isMet: value >= bound,
  });
  const atMost = (text: string, value: number, bound: number, unit: Aim['unit']): Aim => ({
    text: `${text}: at most ${bound.toLocaleString('en')} ${unit}`,
    value,
    unit,
    isMet: value <= bound,
  });
  const busy = ratio('rate', 64, 'signalbox');
  return [
    atLeast('Commands per second at 64 outstanding, of raw ZeroMQ', busy, 1),
    atLeast('Commands per second at 64 outstanding, of gRPC', busy / ratio('rate', 64, 'grpc'), 1.6),
    atMost('One command after another, median, of raw ZeroMQ', ratio('p50', 1, 'signalbox'), 1.4, '×'),
    atMost(
      `Broadcast to ${most.toLocaleString('en')} clients, of raw ZeroMQ`,
      ratio('gather', most, 'signalbox'),
      1.2,
      '×',
    ),
    atMost(
      'From `npm start` to the first command',
      row('start', undefined, 'source')?.value ?? Number.NaN,
      1_000,
      'ms',
    ),
    atMost('`signalbox --help`', row('help', undefined, 'dist')?.value ?? Number.NaN, 300, 'ms'),
  ];
}
