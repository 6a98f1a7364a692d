import { describe, expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { type JsonLine, Program, runScript, startInShell } from '../support/program.ts';

const json = ['--output', 'json', '--keep-going'];

/** The output of a stream, joined by its offsets. */
function outputOf(lines: readonly JsonLine[], stream = 'stdout'): string {
  let text = '';
  for (const line of lines) {
    if (line.type !== 'output' || line.stream !== stream) continue;
    expect(line.offset).toBe(Buffer.byteLength(text));
    text += line.data;
  }
  return text;
}

test('the output of a program keeps its order, and its exit code is a fact of a failure: 4', async () => {
  const code = 'for (i = 0; i < 5000; i++) console.log("line " + i); console.error("oh"); process.exitCode = 3';
  const { exitCode, program } = await runScript(['start', `run ${process.execPath} -e '${code}'`], ...json);
  expect(exitCode).toBe(4);
  expect(outputOf(program.json)).toBe(Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`).join(''));
  expect(outputOf(program.json, 'stderr')).toBe('oh\n');
  expect(program.about('result', 'run')).toMatchObject([
    {
      outcome: 'failed',
      error: { code: 'command_failed', message: 'exit code 3' },
      result: { exitCode: 3, signal: null, timedOut: false, outOfMemory: false, cancelled: false },
    },
  ]);
});

test('everything after the name of the program is passed to it, and no shell reads it', async () => {
  const script = [
    'start',
    "run --cwd /tmp --env A=one --env 'B=t w=o' printenv A B",
    'run printf %s --timeout "$HOME;"',
  ];
  const { exitCode, program } = await runScript(script, ...json);
  expect(exitCode).toBe(0);
  const outputs = program.json.filter(({ type }) => type === 'output').map(({ data }) => data);
  expect(outputs.toSorted()).toEqual(['--timeout$HOME;', 'one\nt w=o\n'].toSorted());
});

test('a program gets no SIGNALBOX_ and no OTEL_ variables of its client, and PWD is its folder', async () => {
  const settings = 'SIGNALBOX_TEST=secret OTEL_TEST=secret OLDPWD=/nowhere OTHER=kept exec "$@"';
  await using program = startInShell(settings, '--spawn', '1', ...json);
  program.end('start\nrun --cwd /usr --env OTEL_ASKED=1 env\n');
  expect(await program.exitCode()).toBe(0);
  const names = /^(SIGNALBOX|OTEL|OTHER|PWD|OLDPWD)/;
  const variables = outputOf(program.json)
    .split('\n')
    .filter((line) => names.test(line));
  const mark = variables.find((line) => line.startsWith('SIGNALBOX_JOB='));
  expect(variables.toSorted()).toEqual(['OTEL_ASKED=1', 'OTHER=kept', 'PWD=/usr', mark].toSorted());
});

test('a client that the server spawns gets the address of the collector in its environment, not in its arguments', async () => {
  const url = 'http://127.0.0.1:9/a-secret';
  await using program = startInShell(`SIGNALBOX_TRACES=${url} exec "$@"`, '--spawn', '1', ...json);
  program.type('start', 'run sh -c \'tr "\\0" " " < /proc/$PPID/cmdline\'');
  const parent = await program.line(/"type":"output"/);
  expect(parent).toContain('--name w1');
  expect(parent).not.toContain('a-secret');
  program.end();
  await program.exitCode();
});

describe('ends', () => {
  test.each([
    [
      'by cancel',
      ['run sleep 600', 'cancel 2'],
      0,
      'cancelled',
      { signal: 'SIGTERM', cancelled: true, timedOut: false },
    ],
    ['at its deadline', ['run --timeout 300ms sleep 600'], 5, 'failed', { timedOut: true, cancelled: false }],
    [
      'by a signal that comes before it has started',
      ['run sleep 600; signal 2 KILL'],
      4,
      'failed',
      { signal: 'SIGKILL', exitCode: null },
    ],
  ])('%s', async (_, lines, code, outcome, facts) => {
    const { exitCode, program } = await runScript(['start', ...lines, 'wait'], ...json);
    expect(exitCode).toBe(code);
    const [result] = program.about('result', 'run');
    expect(result?.outcome).toBe(outcome);
    // A job that was cancelled before its start has no facts.
    if (result?.result) expect(result.result).toMatchObject(facts);
  });

  test('for good: a later signal is refused with 3, by the name that was typed', async () => {
    const { exitCode, program } = await runScript(['start', 'run true', 'wait', 'signal 2 HUP']);
    expect(exitCode).toBe(3);
    expect(program.err.join('\n')).toContain('2/w1 has ended');
  });

  test('without a start if the program does not exist: 4', async () => {
    const { exitCode, program } = await runScript(['start', 'run no-such-program'], ...json);
    expect(exitCode).toBe(4);
    const [result] = program.about('result', 'run');
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { message: 'there is no program no-such-program along PATH' },
    });
  });

  test.each([
    [0, 'completed', 'exit code 0'],
    [3, 'failed', 'exit code 3'],
  ])('with exit code %i: processes that it left running are ended, and named in text', async (code, outcome, how) => {
    const leaves = 'sleep 600 & until grep -q sleep /proc/$!/comm; do :; done';
    const { program } = await runScript(['start', `run sh -c '${leaves}; exit ${code}'`], '--keep-going');
    const said = [...program.out, ...program.err].find((line) => line.includes(` ${outcome}`) && line.includes('run'));
    expect(said).toContain(`${how}; ended 1 process that it left running: sleep`);
  });

  test('with all processes that it started, when its client is terminated', async () => {
    const line = `run sh -c 'sleep 600 & echo $!; sleep 600'`;
    await using server = new Program('server', '--spawn', '1', ...json);
    server.type('start', line);
    const pid = Number(/"data":"(\d+)\\n"/.exec(await server.line(/"output"/))?.[1]);
    expect(isRunning(pid)).toBe(true);
    server.end('terminate\n');
    expect(await server.exitCode()).toBe(0);
    expect(isRunning(pid)).toBe(false);
  });
});

test('it is off unless a client allows it, and cannot be allowed over unprotected loopback: 7', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, ...json, '-c', 'run true');
  await using _ = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  expect(await server.exitCode()).toBe(7);
  expect(server.about('rejected', 'run')).toMatchObject([{ error: { code: 'not_allowed' } }]);
  await using refused = new Program('client', '--connect', endpoint, '--name', 'w2', '--allow', 'run');
  expect(await refused.exitCode()).toBe(7);
});

test('after a server is killed during run, the next one has the complete output to the byte, and the outcome', async () => {
  const folder = newFolder();
  const endpoint = `ipc://${folder}/s.sock`;
  const lines = 120_000;
  const code = `let i = 0; const t = setInterval(() => { let s = ''; for (let n = 0; n < ${lines / 100}; n++) s += 'line ' + i++ + '\\n'; process.stdout.write(s); if (i >= ${lines}) clearInterval(t); }, 20)`;
  await using first = new Program('server', '--bind', endpoint, ...json);
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready', '--allow', 'run');
  first.type(`run ${process.execPath} -e "${code}"`);
  await first.line(/"offset":[1-9]\d{4}/);
  first.child.kill('SIGKILL');
  await first.exitCode();
  await using second = new Program('server', '--bind', endpoint, ...json);
  second.end('wait --clients 1\nwait\n');
  expect(await second.exitCode()).toBe(0);
  const whole = Array.from({ length: lines }, (_, index) => `line ${index}\n`).join('');
  expect(outputOf(second.json) === whole).toBe(true);
  expect(second.about('result', 'run')).toMatchObject([
    { outcome: 'completed', adopted: true, result: { exitCode: 0 } },
  ]);
  expect(client.child.exitCode).toBeNull();
});
