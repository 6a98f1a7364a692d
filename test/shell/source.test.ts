import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from '../support/in-process-shell.ts';
import { newFolder } from '../support/new-folder.ts';

/** A folder with these files. */
function files(contents: Record<string, string>) {
  const folder = newFolder();
  for (const [name, text] of Object.entries(contents)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return { path: (name: string) => join(folder, name) };
}

/** `1 calculate cancelled`, as it came. */
const ends = (scene: Scene) =>
  [...scene.said('result'), ...scene.said('rejected')].map(
    ({ id, command, outcome = 'rejected' }) => `${String(id).split('.')[1]} ${command} ${outcome}`,
  );
const sent = async ({ server }: Scene) => (await server.list()).map(({ command }) => command);
const atLine = (scene: Scene, text: string) => scene.shell.run({ source: 'prompt', line: 1, text });

describe('source', () => {
  test('carries out a file, and errors name it and its line', async () => {
    const box = files({ 'a.box': '# comment\r\nping\r\nfrobnicate\r\nping\r\n' });
    await using scene = await openScene();
    await scene.run(`source ${box.path('a.box')}`, 'ping');
    expect(scene.said('error')).toMatchObject([{ code: 'unknown_command', source: box.path('a.box'), line: 3 }]);
    expect(await sent(scene)).toHaveLength(1);
  });

  test('of a file that sources itself ends with bad usage, once', async () => {
    const box = files({ 'a.box': 'source a.box\n' });
    await using scene = await openScene();
    await scene.run(`source ${box.path('a.box')}`);
    expect(scene.said('error')).toMatchObject([
      { code: 'bad_usage', message: 'source is nested more than 8 files deep' },
    ]);
  });

  test('of an unreadable file is bad usage and names it', async () => {
    await using scene = await openScene();
    await scene.run('source no/such.box');
    expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message: /^cannot read no\/such\.box: ENOENT/ }]);
    expect(scene.shell.tally.exitCode).toBe(2);
  });

  test('ends where the file says exit, and so does everything', async () => {
    const box = files({ 'a.box': 'exit 3\nping\n' });
    await using scene = await openScene();
    await scene.run(`source ${box.path('a.box')}; ping`, 'ping');
    expect([await sent(scene), scene.shell.exited, scene.shell.exitCode]).toEqual([[], true, 3]);
  });

  test('in a file takes no file from the working directory if the one next to it cannot be looked up', async () => {
    const box = files({ 'a.box': 'source README.md\n' });
    symlinkSync('README.md', box.path('README.md'));
    await using scene = await openScene();
    await scene.run(`source ${box.path('a.box')}`);
    expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message: /^cannot read README\.md: ELOOP/ }]);
  });

  test('in a file takes a relative path next to that file, and otherwise from the working directory', async () => {
    const box = files({ 'a.box': 'source parts/b.box\n', 'parts/b.box': 'source c.box; source examples/none.box\n' });
    writeFileSync(box.path('parts/c.box'), 'source README.md\n');
    await using scene = await openScene();
    await scene.run(`source ${box.path('a.box')}`);
    // It exists, and its first line, a heading, is a comment.
    expect(scene.said('error')).toMatchObject([{ source: 'README.md' }]);
  });
});

test('a sourced file asks at a prompt before it ends clients, and no ends the file', async () => {
  const box = files({ 'a.box': 'terminate\nping\n' });
  const asked: string[] = [];
  const confirm = async (question: string) => asked.push(question) === 0;
  await using scene = await openScene({ atPrompt: true, confirm });
  await scene.run(`source ${box.path('a.box')}`);
  expect([asked, await sent(scene)]).toEqual([['Terminate w1?'], []]);
});

describe.each([true, false])('numbers of jobs in a file (at a prompt: %s)', (atPrompt) => {
  test('count the commands that it has sent itself', async () => {
    const box = files({ 'a.box': '# mine is line 1\ncalculate 600 a\n\ncalculate 600 b\ncancel 2\nwait 2\n' });
    await using scene = await openScene({ atPrompt });
    await scene.run('calculate 600 mine', 'calculate 600 mine', `source ${box.path('a.box')}`);
    expect(ends(scene)).toEqual(['4 calculate cancelled']);
  });

  test('do not exist before its first command: it cannot reach an earlier job', async () => {
    const box = files({ 'a.box': 'cancel 1\n', 'b.box': 'cancel last\n', 'c.box': 'logs 1/w1\n' });
    await using scene = await openScene({ atPrompt, keepGoing: true });
    await scene.run('calculate 600 mine', ...['a', 'b', 'c'].map((name) => `source ${box.path(`${name}.box`)}`));
    const refused = scene.said('error').map(({ code, source, line }) => [code, source, line]);
    expect(refused).toEqual(['a', 'b', 'c'].map((name) => ['no_such_job', box.path(`${name}.box`), 1]));
    expect(ends(scene)).toEqual([]);
  });

  test('do not count those of a file within it', async () => {
    const box = files({
      'a.box': 'calculate 600 a\nsource b.box\ncalculate 600 c\ncancel 2 1\nwait 1 2\n',
      'b.box': 'calculate 600 b\n',
    });
    await using scene = await openScene({ atPrompt });
    await scene.run('ping', `source ${box.path('a.box')}`);
    expect(ends(scene).toSorted()).toEqual(['1 ping completed', '2 calculate cancelled', '4 calculate cancelled']);
  });
});

test('numbers of jobs in a script do not count those of a file that it sources', async () => {
  const box = files({ 'a.box': 'ping\nping\n' });
  await using scene = await openScene();
  await scene.run('calculate 600 a', `source ${box.path('a.box')}`, 'calculate 600 b', 'cancel 2', 'wait 2', 'wait 3');
  expect(ends(scene).at(-1)).toBe('4 calculate cancelled');
  expect(scene.said('error')).toMatchObject([{ code: 'no_such_job', line: 6 }]);
});

test('numbers of jobs at the prompt are the shown ones, whatever a file has sent', async () => {
  const box = files({ 'a.box': 'ping\nping\n' });
  await using scene = await openScene({ atPrompt: true });
  await scene.run(`source ${box.path('a.box')}`, 'calculate 600 b', 'cancel 3', 'wait');
  expect(ends(scene)).toContain('3 calculate cancelled');
});

describe('a name', () => {
  test.each(['cancel build', 'cancel build/w1', 'cancel last', 'cancel last/w1'])('%s means its job', async (line) => {
    await using scene = await openScene({ clients: ['w1', 'w2'] });
    await scene.run('ping', '@w1 calculate 600 x --as build', line, 'wait build', 'logs build');
    expect([ends(scene).at(-1), scene.said('error')]).toEqual(['2 calculate cancelled', []]);
  });

  test('can be given to every command, in expect too, and belongs to the newest job with it', async () => {
    await using scene = await openScene();
    await scene.run('start --as a', 'expect completed ping --as b', '@w1 calculate 600 x --as=a', 'cancel a', 'wait a');
    expect([ends(scene).at(-1), scene.said('error')]).toEqual(['3 calculate cancelled', []]);
  });

  test('is in the list of jobs', async () => {
    await using scene = await openScene();
    await scene.run('ping', 'calculate 0 x --as job', 'calculate 0 y --as job', 'wait', 'jobs');
    expect(scene.said('job').map(({ as }) => as)).toEqual([undefined, undefined, 'job']);
  });

  test.each(['7', 'last', '-x', 'a/b', '', 'a.b'])("'%s' cannot be one", async (name) => {
    await using scene = await openScene();
    await scene.run(`ping --as="${name}"`);
    expect(scene.said('error')).toMatchObject([{ code: 'bad_arguments' }]);
    expect(await sent(scene)).toEqual([]);
  });

  test('from a file is local while the file runs, and known afterwards if it was free', async () => {
    const box = files({ 'a.box': 'calculate 600 x --as job\ncalculate 600 x --as other\ncancel job\nwait job\n' });
    await using scene = await openScene({ atPrompt: true });
    await scene.run('calculate 600 mine --as job', `source ${box.path('a.box')}`);
    expect(ends(scene)).toEqual(['2 calculate cancelled']);
    await scene.run('cancel other', 'wait other', 'cancel job', 'wait job');
    expect(ends(scene).slice(1)).toEqual(['3 calculate cancelled', '1 calculate cancelled']);
  });

  test('is known in the files that are sourced after it was given', async () => {
    const box = files({ 'a.box': 'cancel job\nwait job\n' });
    await using scene = await openScene({ atPrompt: true });
    await scene.run('calculate 600 mine --as job', `source ${box.path('a.box')}`);
    expect(ends(scene)).toEqual(['1 calculate cancelled']);
  });
});

describe('the first failure at a prompt', () => {
  test.each([
    ['an error', '@nobody ping'],
    ['what was refused', 'start --as a; stop; ping'],
    ['an expectation', 'expect failed ping'],
    ['a time that has run out', 'calculate 600 x; wait --timeout 1ms'],
    ['a job that fails while the next is waited for', 'calculate 600 x --timeout 1ms; wait'],
  ])('ends the line: %s', async (_, failing) => {
    await using scene = await openScene({ atPrompt: true });
    await atLine(scene, `${failing}; calculate 0 after`);
    await scene.server.cancel(await scene.server.list({ state: 'running' }));
    await scene.run('wait');
    expect(ends(scene).filter((end) => end.includes('calculate completed'))).toEqual([]);
  });

  test('ends the file and the files around it, and says where', async () => {
    const box = files({ 'a.box': 'source b.box\nping\n', 'b.box': 'stop\nping\nstart\n' });
    await using scene = await openScene({ atPrompt: true, output: 'text' });
    await atLine(scene, `source ${box.path('a.box')}; ping`);
    expect(await sent(scene)).toEqual(['stop', 'ping']);
    const why = `(${box.path('b.box')}, line 2: ping rejected on w1)`;
    expect(scene.out.lines).toEqual(
      expect.arrayContaining([
        `${box.path('b.box')}: line 3 and later were not run ${why}`,
        `${box.path('a.box')}: line 2 and later were not run ${why}`,
        `not run: ping ${why}`,
      ]),
    );
  });

  test('names the lines that were not carried out, also after an error', async () => {
    await using scene = await openScene({ atPrompt: true, output: 'text' });
    await atLine(scene, 'ping; cancel nosuch; ping; ping');
    await atLine(scene, 'ping; cancel nosuch');
    expect(scene.out.lines.filter((line) => line.startsWith('not run'))).toEqual(['not run: ping; ping (no_such_job)']);
  });

  test('does not affect the lines after it, and one of an earlier line does not affect a file', async () => {
    const box = files({ 'a.box': 'wait 1\nping\n' });
    await using scene = await openScene({ atPrompt: true });
    await scene.run('calculate 600 x --timeout 20ms --as x', 'ping');
    writeFileSync(box.path('a.box'), 'wait x\nping\n');
    await scene.run(`source ${box.path('a.box')}`, 'wait');
    expect(ends(scene).toSorted()).toEqual(['1 calculate failed', '2 ping completed', '3 ping completed']);
  });

  test('is ignored with keepGoing', async () => {
    const box = files({ 'a.box': 'frobnicate\nping\n' });
    await using scene = await openScene({ atPrompt: true, keepGoing: true });
    await scene.run(`source ${box.path('a.box')}; ping`, 'wait');
    expect(ends(scene)).toEqual(['1 ping completed', '2 ping completed']);
  });
});
