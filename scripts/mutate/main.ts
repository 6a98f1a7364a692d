/**
 * Puts small faults into the source, one at a time, and reports those that no test notices.
 *
 *   --folder src/server   only this folder; may be repeated (default: every folder with an entry in rounds.ts)
 *   --count 20            faults per folder; those that do not compile are replaced by others
 *   --seed 1              a different seed chooses different faults
 *   --only ID             only the fault with this id, as printed by a run
 *   --list                prints the ids of the sample and runs nothing
 */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apply, mutationsOf } from './mutations.ts';
import { folderOf, mutatedFolders, rounds } from './rounds.ts';
import { type Mutant, mutantsOf, shuffled } from './sample.ts';
import { Workspace } from './workspace.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', multiple: true, default: mutatedFolders },
    count: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 100);

using workspace = new Workspace(fileURLToPath(new URL('../../', import.meta.url)));
// Remove the copy if the run is interrupted.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    workspace[Symbol.dispose]();
    process.exit(1);
  });
}

type Verdict = 'noticed' | 'survived' | 'does not compile';

async function judge(mutant: Mutant): Promise<Verdict> {
  const source = workspace.read(mutant.file);
  workspace.write(mutant.file, apply(source, mutant));
  try {
    if (!(await workspace.compiles())) return 'does not compile';
    for (const round of rounds(mutant.file)) {
      if (!(await workspace.passes(round))) return 'noticed';
    }
    return 'survived';
  } finally {
    workspace.write(mutant.file, source);
  }
}

function mutantsIn(folder: string): Mutant[] {
  return globSync(`${folder}/**/*.ts`, { cwd: workspace.folder }).flatMap((file) => {
    const source = workspace.read(file);
    return mutantsOf(file, source, mutationsOf(file, source));
  });
}

/** Tests that fail without a fault would notice every fault. */
async function checkUnchanged(file: string): Promise<void> {
  for (const round of rounds(file)) {
    if (!(await workspace.passes(round))) throw new Error(`fails without a fault: npx vitest ${round.join(' ')}`);
  }
}

async function judgeAll(mutants: readonly Mutant[], count: number): Promise<Map<Mutant, Verdict>> {
  const verdicts = new Map<Mutant, Verdict>();
  for (const mutant of mutants) {
    if (verdicts.size >= count) break;
    const verdict = await judge(mutant);
    if (verdict === 'does not compile') continue;
    verdicts.set(mutant, verdict);
    const original = workspace.read(mutant.file).slice(mutant.start, mutant.end);
    print(`${verdict.padEnd(8)}  ${mutant.id}  ${oneLine(original)} -> ${oneLine(mutant.replacement)}`);
  }
  return verdicts;
}

const only = values.only;
const folders = only === undefined ? values.folder : [folderOf(only) ?? ''];
const scores: string[] = [];
for (const folder of folders) {
  const all = shuffled(mutantsIn(folder), values.seed);
  const chosen = only === undefined ? all : all.filter(({ id }) => id === only);
  if (chosen.length === 0) throw new Error(`nothing to change in ${only ?? folder}`);
  if (values.list) {
    for (const { id } of chosen.slice(0, Number(values.count))) print(id);
    continue;
  }
  await checkUnchanged(chosen[0]?.file ?? folder);
  const verdicts = [...(await judgeAll(chosen, Number(values.count))).values()];
  scores.push(`${folder}  ${verdicts.filter((verdict) => verdict === 'noticed').length}/${verdicts.length}`);
}
for (const score of scores) print(score);
