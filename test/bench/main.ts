// npm run bench            measures, and prints a table
// npm run bench -- --write    puts what it has measured into docs/bench.json, docs/bench.svg, docs/performance.md and README.md
// npm run bench -- --quick    a few seconds, to see that it works
// npm run bench -- --json     prints JSON
// npm run bench -- --only run    measures one part, or several where it is repeated
// npm run bench -- --only notify    what notifications cost: only by name
// npm run bench -- --only stores --jobs 1000000    halves a store of as many jobs
import { parseArgs } from 'node:util';
import { measureAttach } from './measures/attach.ts';
import { measureCodec } from './measures/codec.ts';
import { measureContainers } from './measures/containers.ts';
import { measureExchange } from './measures/exchange.ts';
import { measureGrowth } from './measures/growth.ts';
import { measureManyClients } from './measures/many-clients.ts';
import { measureNotify } from './measures/notify.ts';
import { measureProcesses } from './measures/processes.ts';
import { measureRun } from './measures/run-true.ts';
import { measureScript } from './measures/script.ts';
import { measureStart } from './measures/start.ts';
import { measureStores } from './measures/stores.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { describeRun } from './report/result.ts';
import { Samples } from './report/rows.ts';
import { render } from './report/table.ts';
import { writeResult } from './report/write.ts';

const parts = {
  codec: measureCodec,
  start: measureStart,
  attach: measureAttach,
  exchange: measureExchange,
  'many-clients': measureManyClients,
  processes: measureProcesses,
  growth: measureGrowth,
  run: measureRun,
  stores: measureStores,
  script: measureScript,
  containers: measureContainers,
};

/** Measured only by name: docs/bench.json does not have these. */
const others = { notify: measureNotify };

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    jobs: { type: 'string' },
    only: { type: 'string', multiple: true, default: Object.keys(parts) },
  },
});
const known = { ...parts, ...others };
const wanted = Object.entries(known).filter(([name]) => values.only.includes(name));
if (wanted.length < values.only.length) throw new Error(`the parts are ${Object.keys(known).join(', ')}`);
if (values.write && (values.quick || values.jobs !== undefined || wanted.length < Object.keys(parts).length)) {
  throw new Error('what is written is a whole run: leave out --quick, --jobs and --only');
}
const plan = {
  ...(values.quick ? quickPlan : fullPlan),
  ...(values.jobs !== undefined && { storedJobs: Number(values.jobs) }),
};
const finish = describeRun();
const samples = new Samples();
for (const [name, measure] of wanted) {
  process.stderr.write(`measuring ${name} …\n`);
  await measure(plan, samples);
}
const result = finish(samples.rows());
if (values.write) writeResult(result);
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${render(result)}\n`);
