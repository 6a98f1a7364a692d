import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { countingLine } from './support/counting.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { isOutput, ofEach } from './support/lines.ts';
import { Programs } from './support/programs.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

engineTest('a container without a note is removed once its server gave it up; those of others stay', async () => {
  await using programs = new Programs();
  const { name } = programs;
  await using witness = await Witness.start(engine, `signalbox.client=${name}`);
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    const { containers } = await engine.labelled(`signalbox.client=${name}`);
    if (containers.length > 0) await engine.docker('rm', '--force', '--volumes', ...containers);
  });
  const server = programs.server('--keep-going');
  const first = programs.client();
  await server.untilClients(1);
  server.type(countingLine(0), countingLine(0, 0.2, '--leave'));
  await server.log.until('output of both', ofEach(isOutput), { count: 2 });
  await first.kill();
  const folder = join(programs.folder, 'state/signalbox/client', name, 'container');
  for (const note of readdirSync(folder).filter((one) => one.endsWith('.note'))) writeFileSync(join(folder, note), '{');
  const own = [...witness.containers];
  const { Config } = JSON.parse(await engine.docker('inspect', '--format', '{{json .}}', own[0] ?? ''));
  const labels = Object.entries<string>(Config.Labels);
  const isLeft = Config.Labels['signalbox.leave'] === 'true';
  const [disowned, left] = isLeft ? [own[1], own[0]] : own;
  const run = (image: string, copied: [string, string][]) => {
    const flags = copied.flatMap(([label, value]) => ['--label', `${label}=${value}`]);
    return engine.docker('run', '--detach', '--network', 'none', ...flags, image, 'sleep', '1000');
  };
  // A container of a stranger, from an image that was made of ours; one of a client with the same name on another
  // machine; one for another store.
  const image = `signalbox-test/${name}`;
  await engine.docker('commit', disowned ?? '', image);
  stack.defer(async () => void (await engine.docker('image', 'rm', '--force', image)));
  const except = (which: string) =>
    labels.map(([label, value]): [string, string] => [label, label === which ? 'else' : value]);
  const strangers = [
    await run(image, []),
    await run(tinyImage, except('signalbox.installation')),
    await run(tinyImage, except('signalbox.store')),
    await run(tinyImage, except('signalbox.client')),
  ];
  const second = programs.client();
  await second.log.until(
    'that it is removed',
    ({ data }) => data?.includes('this client has no note of that job') ?? false,
  );
  await server.log.until('both lost', ({ outcome }) => outcome === 'lost', { count: 2 });
  server.type(`container --network none ${tinyImage} true`);
  await server.log.until('an outcome', ({ outcome }) => outcome === 'completed');
  await second.terminate();
  const there = await engine.lines('ps', '--all', '--quiet', '--no-trunc');
  expect([disowned, left, ...strangers].filter((id) => there.includes(id ?? ''))).toEqual([left, ...strangers]);
  expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(2);
  const { containers } = await engine.labelled('signalbox.client=else');
  await engine.docker('rm', '--force', ...containers.filter((id) => strangers.includes(id)));
});

engineTest(
  'what a killed start with --spawn has left is removed by the next one of that user, and not taken up',
  async () => {
    await using programs = new Programs();
    const first = programs.server('--spawn', '1', '--keep-going');
    await first.untilClients(1, 'unready');
    first.type('start', countingLine(0));
    const { id } = await first.log.until('output', isOutput);
    const ofJob = ['ps', '--all', '--quiet', '--filter', `label=signalbox.job=${id}`];
    // The client first, because it would end in order with its server.
    for (const child of childrenOf(first.pid)) process.kill(child, 'SIGKILL');
    await first.kill();
    expect(await engine.lines(...ofJob, '--filter', 'status=running')).toHaveLength(1);
    const second = programs.server('--spawn', '1', '--keep-going');
    second.type('start', `container --network none ${tinyImage} true`);
    await second.log.until('an outcome', ({ outcome, command }) => outcome === 'completed' && command === 'container');
    const { summary } = await second.finish();
    expect(summary).toMatchObject({ completed: 2, failed: 0, lost: 0 });
    expect(await engine.lines(...ofJob)).toEqual([]);
  },
);
