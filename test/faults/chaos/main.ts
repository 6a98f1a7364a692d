// npm run chaos -- [--seeds N | --seed S] [--store KIND] [--scenario NAME] [--keys] [--rounds N] [--write] [--save FOLDER]
// Runs seeds 1 to N (3), or one, and says how they went. --write puts the table into docs/faults.md, --save keeps what all
// processes of a run have said. With --keys all lines are encrypted, and --write fills the second table.
// --store: sqlite (the default), memory or postgres. --scenario: faults (the default), holes, or kills of the server, --rounds (20) a seed.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { columnsOf, describeViolations, markdownTable, rowOf, type Scenario, scenarios } from './report.ts';
import { runHoles, runKills } from './run-holes.ts';
import { runSeed } from './run-seed.ts';
import { storeKinds } from './store-place.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string' },
    keys: { type: 'boolean', default: false },
    store: { type: 'string', default: 'sqlite' },
    scenario: { type: 'string', default: 'faults' },
    rounds: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
    save: { type: 'string' },
  },
});
const page = new URL('../../../docs/faults.md', import.meta.url);
const seeds =
  values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => at + 1) : [Number(values.seed)];

const store = storeKinds.find((kind) => kind === values.store);
if (!store) throw new Error(`--store is one of ${storeKinds.join(', ')}`);
const scenario = (Object.keys(scenarios) as Scenario[]).find((name) => name === values.scenario);
if (!scenario) throw new Error(`--scenario is one of ${Object.keys(scenarios).join(', ')}`);
const runs = {
  faults: (seed: number) => runSeed(seed, { keyed: values.keys, store }),
  holes: (seed: number) => runHoles(seed, { store }),
  kills: (seed: number) => runKills(seed, { store, rounds: Number(values.rounds) }),
};
const rows: number[][] = [];
let broken = 0;
for (const seed of seeds) {
  process.stderr.write(`seed ${seed} …\n`);
  const run = await runs[scenario](seed);
  const row = rowOf(run, scenario);
  rows.push(row);
  broken += run.violations.length;
  const facts = columnsOf(scenario)
    .map((column, at) => `${row[at]} ${column}`)
    .slice(1);
  console.log(`seed ${seed}: ${(run.tookMs / 1000).toFixed(1)} s, ${facts.join(', ')}`);
  if (run.violations.length > 0) console.log(describeViolations(run));
  if (values.save !== undefined) {
    await mkdir(values.save, { recursive: true });
    await writeFile(join(values.save, `seed-${seed}.json`), JSON.stringify(run.history));
  }
}
const table = markdownTable(rows, scenario);
console.log(`\n${table}`);
if (values.write && scenario === 'faults') {
  const text = await readFile(page, 'utf8');
  const part = new RegExp(
    `(?<=<!-- generated: ${values.keys ? 'chaos-keys' : 'chaos'} -->\\n).*?(?=<!-- /generated -->)`,
    's',
  );
  await writeFile(page, text.replace(part, `\n${table}\n\n`));
}
process.exitCode = broken === 0 ? 0 : 1;
