// npm run bench            measures, and prints a table
// npm run bench -- --write    puts what it has measured into docs/bench.json, docs/bench.svg and README.md
// npm run bench -- --quick    a few seconds, to see that it works
// npm run bench -- --json     prints JSON
import { parseArgs } from 'node:util';
import { measureCodec } from './measures/codec.ts';
import { measureExchange } from './measures/exchange.ts';
import { measureManyClients } from './measures/many-clients.ts';
import { measureStart } from './measures/start.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { describeRun } from './report/result.ts';
import { Samples } from './report/rows.ts';
import { render } from './report/table.ts';
import { writeResult } from './report/write.ts';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (values.write && values.quick) throw new Error('the figures of --quick say nothing: leave out --write');
const plan = values.quick ? quickPlan : fullPlan;
const finish = describeRun();
const samples = new Samples();
const parts = {
  'the codec alone': () => measureCodec(plan, samples),
  starting: () => measureStart(plan, samples),
  'one client': () => measureExchange(plan, samples),
  'many clients': () => measureManyClients(plan, samples),
};
for (const [name, measure] of Object.entries(parts)) {
  process.stderr.write(`measuring ${name} …\n`);
  await measure();
}
const result = finish(samples.rows());
if (values.write) writeResult(result);
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${render(result)}\n`);
