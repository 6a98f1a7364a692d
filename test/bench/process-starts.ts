// Short processes in a row.
//   node test/bench/process-starts.ts COUNT [AT_A_TIME] [detect|none]
import { runMany } from '../process/run-many.ts';

const [count = '1000', atATime = '4', containment = 'detect'] = process.argv.slice(2);
const began = performance.now();
const { wrong } = await runMany(Number(count), {
  atATime: Number(atATime),
  containment: containment === 'none' ? 'none' : 'detect',
});
const seconds = (performance.now() - began) / 1e3;
const rssMiB = Math.round(process.memoryUsage.rss() / 1_048_576);
const figures = {
  count: Number(count),
  wrong,
  seconds: Math.round(seconds),
  perSecond: +(Number(count) / seconds).toFixed(1),
  rssMiB,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
