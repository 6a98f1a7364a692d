import type { Result } from './result.ts';
import type { Measure, Who } from './rows.ts';
import { figure } from './words.ts';

/** The speed in one sentence, for the README. */
export function renderLine({ rows, run }: Result): string {
  const of = (measure: Measure, who: Who, at: number): string => {
    const row = rows.find((one) => one.measure === measure && one.who === who && one.at === at);
    return row ? figure(row) : 'an unknown number';
  };
  const rate = (who: Who): string => of('rate', who, 64);
  return `One client completes ${rate('signalbox')} commands a second over an encrypted connection with 64 outstanding, where raw ZeroMQ echoes ${rate('raw')} and gRPC ${rate('grpc')}; one command after another takes ${of('p50', 'signalbox', 1)} (${run.machine}).`;
}
