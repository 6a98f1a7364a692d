import type { Measure, Row, Who } from './rows.ts';

/** An aim and its measured value. A missed aim fails nothing. */
export interface Aim {
  readonly text: string;
  /** NaN if the run has not measured it. */
  readonly value: number;
  readonly unit: '×' | 'ms' | 'KiB' | 'MB' | '';
  readonly isMet: boolean;
}

export function aimsOf(rows: readonly Row[]): Aim[] {
  /** Default: with most clients. */
  const row = (measure: Measure, who: Who, at?: number) =>
    rows.findLast((one) => one.measure === measure && one.who === who && (at === undefined || one.at === at));
  const ratio = (...of: Parameters<typeof row>) => row(...of)?.ratio ?? Number.NaN;
  const value = (...of: Parameters<typeof row>) => row(...of)?.value ?? Number.NaN;
  const most = (measure: Measure, who: Who = 'signalbox') => row(measure, who)?.at.toLocaleString('en') ?? 'many';
  const storeLoad = row('storeRate', 'sqlite')?.at.toLocaleString('en') ?? 'many';
  const rate = [64, 1_024].flatMap((at) => {
    const what = `Commands per second at ${at.toLocaleString('en')} outstanding`;
    const ofRaw = ratio('rate', 'signalbox', at);
    return [
      atLeast(`${what}, relative to raw ZeroMQ`, ofRaw, 1.5),
      atLeast(`${what}, relative to gRPC`, ofRaw / ratio('rate', 'grpc', at), 1.6),
    ];
  });
  return [
    ...rate,
    atMost('One command after another, median, relative to raw ZeroMQ', ratio('p50', 'signalbox', 1), 1.4),
    atMost('One command after another, p99, relative to raw ZeroMQ', ratio('p99', 'signalbox', 1), 1.8),
    atMost(`Broadcast to ${most('broadcast')} clients, relative to raw ZeroMQ`, ratio('broadcast', 'signalbox'), 1.4),
    atMost(`Gather from ${most('gather')} processes, relative to raw ZeroMQ`, ratio('gather', 'signalbox'), 2),
    atMost(
      `Heartbeats of ${most('heartbeats')} clients, relative to a raw ROUTER that polls each once a second`,
      ratio('heartbeats', 'signalbox'),
      1,
    ),
    atMost('Memory of the server per client, with keys', value('memory', 'signalbox'), 40, 'KiB'),
    atMost(
      `A client after ${most('clientGrowth')} commands, relative to idle`,
      value('clientGrowth', 'signalbox'),
      1.3,
    ),
    atMost(
      'A server after the same commands, without its history, relative to idle',
      value('serverGrowth', 'signalbox'),
      1.3,
    ),
    atMost('Processor time at the client for `run true`', value('run', 'signalbox'), 4, 'ms'),
    atMost('Processes of an idle client that has run nothing', value('processes', 'signalbox'), 1, ''),
    atMost('Memory of such a client (PSS)', value('pss', 'signalbox'), 35, 'MB'),
    atMost('From `npm start`, built, to the first command, relative to `node -e 0`', ratio('start', 'dist'), 14),
    atMost('`signalbox --help`', value('help', 'dist'), 300, 'ms'),
    atMost(
      `\`attach -c\` to ${most('attach', 'dist')} clients, relative to \`clush\` over ssh`,
      ratio('attach', 'dist'),
      1.5,
    ),
    atLeast(
      `Commands per second with SQLite, ${storeLoad} outstanding, relative to memory`,
      ratio('storeRate', 'sqlite'),
      0.7,
    ),
    atMost('A container of `true`, 8 at a time, relative to `docker run --rm`', ratio('container', 'signalbox'), 1.2),
    atMost(
      'Processor time per container, without the engine, relative to `docker run --rm`',
      ratio('containerCpu', 'signalbox'),
      1.2,
    ),
  ];
}

const worded = (word: string, bound: number, unit: Aim['unit']) => `at ${word} ${bound} ${unit}`.trim();

const atLeast = (text: string, value: number, bound: number): Aim => ({
  text: `${text}: ${worded('least', bound, '×')}`,
  value,
  unit: '×',
  isMet: value >= bound,
});

const atMost = (text: string, value: number, bound: number, unit: Aim['unit'] = '×'): Aim => ({
  text: `${text}: ${worded('most', bound, unit)}`,
  value,
  unit,
  isMet: value <= bound,
});
