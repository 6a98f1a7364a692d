import { expect, test } from 'vitest';
import { ChildProgram, main } from '../support/program.ts';

/** Lines that answer alternately on standard output and on standard error, without a pause. */
const lines = Array.from({ length: 100 }, (_, at) => ['use', `nothing${at}`]).flat();

/** The output of a shell that runs the server as `"$@"`, with both outputs in one stream. */
async function logOf(script: string): Promise<string[]> {
  const args = ['server', '--spawn', '1', '--keep-going', '-c', [...lines, 'start'].join('\n')];
  await using program = new ChildProgram('sh', ['-c', script, 'sh', process.execPath, main, ...args]);
  program.end();
  await program.exitCode();
  return program.out;
}

test.each([
  ['a file', 'f=$(mktemp); "$@" > $f 2>&1; cat $f; rm $f'],
  ['a file that is opened twice', 'f=$(mktemp); "$@" >> $f 2>> $f; cat $f; rm $f'],
  ['a pipe', '"$@" 2>&1 | cat'],
])('results and diagnostics stay in their order in %s, the summary last', async (_, script) => {
  const said = (await logOf(script)).flatMap(
    (line) =>
      /^commands go to all|there is no command '\w+'|^w1: \d+ start completed|^1 completed; exit/.exec(line) ?? [],
  );
  const expected = lines.map((line) => (line === 'use' ? 'commands go to all' : `there is no command '${line}'`));
  expect(said).toEqual([...expected, `w1: 1 start completed`, '1 completed; exit']);
});
