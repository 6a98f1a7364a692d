// Over 250 lines: one class, whose tests are scripts of keys for the same fake terminal.
import { describe, expect, test } from 'vitest';
import { openPrompt } from '../../support/in-process-prompt.ts';

const ctrl = (letter: string) => String.fromCharCode(letter.charCodeAt(0) - 64);
const esc = String.fromCharCode(27);
const down = `${esc}[B`;

test('lines are carried out in order, however they arrive', async () => {
  await using here = await openPrompt();
  here.terminal.type('ping\rcalculate 0 "two words"\r');
  await here.terminal.until(/2 calculate {2}completed/);
  expect((await here.scene.server.list()).map(({ command }) => command)).toEqual(['ping', 'calculate']);
});

test('Up moves back line by line', async () => {
  await using here = await openPrompt();
  here.terminal.type('calculate 0 x\rping\r');
  await here.terminal.until(/2 ping {2}completed/);
  here.terminal.type(`${esc}[A${esc}[A\r`);
  await here.terminal.until(/3 calculate {2}completed/);
});

test('exit leaves, and the terminal is as before', async () => {
  await using here = await openPrompt();
  await here.terminal.until(/1\/1 ready/);
  expect(here.terminal.isRaw).toBe(true);
  here.terminal.type('exit\r');
  await here.left;
  expect(here.terminal.events).toEqual(['raw', 'cooked']);
  expect(here.terminal.duties).toBeUndefined();
  expect(here.terminal.screen.listenerCount('resize')).toBe(0);
});

test('Ctrl-D leaves, and so does the end of the input', async () => {
  await using one = await openPrompt();
  await one.terminal.until(/1\/1 ready/);
  one.terminal.type(ctrl('D'));
  await one.left;
  await using other = await openPrompt();
  await other.terminal.until(/1\/1 ready/);
  other.terminal.hangUp();
  await other.left;
});

describe('Ctrl-C', () => {
  test('clears the line, and leaves on an empty one', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.terminal.type('half');
    await here.terminal.until(/> half/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/> {2,}1\/1 ready/);
    here.terminal.type(ctrl('C'));
    await here.left;
  });

  test('ends the wait, and the next line is carried out', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.terminal.type('sleep 1h\r');
    await here.terminal.until(/Ctrl-C ends: sleep 1h/);
    here.terminal.type(ctrl('C'));
    here.terminal.type('ping\r');
    await here.terminal.until(/1 ping {2}completed/);
    here.terminal.type('x');
    await here.terminal.until(/> x/);
    here.terminal.type(ctrl('U'));
    expect(await here.terminal.until(/> {2,}1\/1 ready/)).not.toContain('Ctrl-C ends');
  });

  test('leaves a search, not the prompt', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.terminal.type(ctrl('R'));
    await here.terminal.until(/search>/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/signalbox>/);
    here.terminal.type('ping\r');
    await here.terminal.until(/1 ping {2}completed/);
  });

  test('asks while jobs run: staying keeps the prompt and the jobs', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/A job is running/);
    here.terminal.type('\r');
    await here.terminal.until(/> {2,}1\/1 ready · 1 job/);
    expect(await here.scene.server.list({ state: 'running' })).toHaveLength(1);
  });

  test('and leaving lets the jobs continue', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x; calculate 600 y\r');
    await here.terminal.until(/2 jobs/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/2 jobs are running/);
    here.terminal.type(`${down}\r`);
    await here.left;
    expect(await here.scene.server.list({ state: 'running' })).toHaveLength(2);
  });

  test('and cancelling waits until they have ended, then leaves', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/A job is running/);
    here.terminal.type(`${down}${down}\r`);
    await here.left;
    expect((await here.scene.server.list()).map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });

  test('at that question leaves', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/A job is running/);
    here.terminal.type(ctrl('C'));
    await here.left;
    expect(await here.scene.server.list({ state: 'running' })).toHaveLength(1);
  });

  test('at another question answers it with no', async () => {
    await using here = await openPrompt({ clients: ['w1', 'w2'] });
    here.terminal.type('terminate\r');
    await here.terminal.until(/Terminate 2 clients\?/);
    here.terminal.type(ctrl('C'));
    await here.terminal.until(/> {2,}2\/2 ready/);
    expect(await here.scene.server.list()).toEqual([]);
  });
});

describe.each([
  ['exit', 'exit 3; ping\r'],
  ['Ctrl-D', ctrl('D')],
])('%s', (_name, keys) => {
  test('asks before jobs end with the prompt: staying keeps it, and the rest of the line is not carried out', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(keys);
    await here.terminal.until(/A job is running[\s\S]*leave; they end with their clients/);
    here.terminal.type('\r');
    await here.terminal.until(/> {2,}1\/1 ready · 1 job/);
    here.terminal.type('clients\r');
    await here.terminal.until(/NAME/);
    expect((await here.scene.server.list()).map(({ command }) => command)).toEqual(['calculate']);
    expect([here.shell.exited, here.shell.exitCode]).toEqual([false, 0]);
  });

  test('cancels the jobs and leaves if that is the answer', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(keys);
    await here.terminal.until(/A job is running/);
    here.terminal.type(`${down}${down}\r`);
    await here.left;
    expect((await here.scene.server.list()).map(({ outcome }) => outcome)).toEqual(['cancelled']);
    expect(here.shell.exitCode).toBe(keys.startsWith('exit') ? 3 : 0);
  });

  test('leaves if the jobs may not be listed', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    Object.assign(here.shell.service, { list: () => Promise.reject(new Error('not allowed')) });
    here.terminal.type(keys);
    await here.left;
  });

  test('leaves at once if jobs continue without the prompt', async () => {
    await using here = await openPrompt({ spawns: false });
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(keys);
    await here.left;
    expect(await here.scene.server.list({ state: 'running' })).toHaveLength(1);
  });
});

test('cancel of a batch that continues asks what to end', async () => {
  await using here = await openPrompt({ clients: ['w1', 'w2', 'w3'] });
  here.terminal.type('calculate 600 x --batch 1\r');
  await here.terminal.until(/1 job(?!s)/);
  here.terminal.type('cancel 1\r');
  await here.terminal.until(/runs on 1 client and was not yet sent to 2 clients/);
  here.terminal.type(ctrl('C'));
  await here.terminal.until(/nothing was cancelled/);
  here.terminal.type('cancel 1\r');
  await here.terminal.until(/stop sending; running jobs continue/);
  here.terminal.type('\r');
  await here.terminal.until(/w\[2-3\] {2}1 calculate {2}cancelled {2}not_sent/);
  expect(await here.scene.server.list({ state: 'running' })).toMatchObject([{ client: 'w1' }]);
  here.terminal.type('cancel 1\r');
  await here.terminal.until(/1 cancelled \(w1\), 2 not sent \(w\[2-3\]\)/);
});

test('two questions are asked one after the other', async () => {
  await using here = await openPrompt();
  here.terminal.type('calculate 600 x\r');
  await here.terminal.until(/1 job(?!s)/);
  const { promise, resolve } = Promise.withResolvers<void>();
  const second = promise.then(() => here.prompt.confirm('Another one?'));
  here.terminal.type(ctrl('D'));
  await here.terminal.until(/A job is running/);
  resolve();
  here.terminal.type('\r');
  await here.terminal.until(/Another one\?/);
  here.terminal.type('y\r');
  expect(await second).toBe(true);
  here.terminal.type('@w1 ping\r');
  await here.terminal.until(/ping {2}completed/);
});

test('a question replaces the screen, and the line being typed is restored after it', async () => {
  await using here = await openPrompt({ clients: ['w1', 'w2'] });
  here.terminal.type('terminate\r');
  await here.terminal.until(/Terminate 2 clients\?/);
  // Output that arrives meanwhile is held back.
  void here.prompt.write('said meanwhile\n');
  here.terminal.type('n');
  await here.terminal.until(/n/);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(here.terminal.text).not.toContain('said meanwhile');
  here.terminal.type('\r');
  await here.terminal.until(/said meanwhile[\s\S]*> {2,}2\/2 ready/);
  here.terminal.type('terminate --yes\r');
  await here.terminal.until(/terminate {2}completed/);
});

describe('Ctrl-Z', () => {
  test('stops with the terminal as before, and restores the line with its cursor', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    let wasRaw: boolean | undefined;
    here.terminal.onStop = () => {
      wasRaw = here.terminal.isRaw;
    };
    here.terminal.type(`pin ${esc}[D${ctrl('Z')}`);
    here.terminal.type('g\r');
    await here.terminal.until(/1 ping {2}completed/);
    expect(here.terminal.events).toEqual(['raw', 'cooked', 'stop', 'raw']);
    expect(wasRaw).toBe(false);
  });

  test('at a question asks it again', async () => {
    await using here = await openPrompt({ clients: ['w1', 'w2'] });
    here.terminal.type('terminate\r');
    await here.terminal.until(/Terminate 2 clients\?/);
    here.terminal.type(ctrl('Z'));
    await here.terminal.until(/Terminate 2 clients\?/);
    here.terminal.type('y\r');
    await here.terminal.until(/terminate {2}completed/);
    expect(here.terminal.events.filter((event) => event.startsWith('stop'))).toEqual(['stop']);
  });

  test('removes the frame, and prints nothing until the prompt continues', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    let atStop = '';
    here.terminal.onStop = () => {
      atStop = here.terminal.text;
      void here.prompt.write('said meanwhile\n');
      here.terminal.text = '';
    };
    void here.prompt.write('said before\n');
    here.terminal.type(ctrl('Z'));
    await here.terminal.until(/said meanwhile[\s\S]*1\/1 ready/);
    expect(atStop).toMatch(new RegExp(`${esc}\\[2K[^k]*$`));
  });

  test('from another process does the same', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.terminal.duties?.stop();
    await here.terminal.until(/1\/1 ready/);
    expect(here.terminal.events).toEqual(['raw', 'cooked', 'stop', 'raw']);
  });
});

test('a prompt stopped in another way sets the terminal again when it continues, and draws the line', async () => {
  await using here = await openPrompt();
  await here.terminal.until(/1\/1 ready/);
  here.terminal.type('ping');
  await here.terminal.until(/> ping/);
  here.terminal.duties?.continued();
  const text = await here.terminal.until(/> ping/);
  // Output that others have written meanwhile is not erased.
  expect(text.slice(0, text.indexOf('> ping'))).not.toContain(`${esc}[2K`);
  expect(here.terminal.events).toEqual(['raw', 'cooked', 'raw']);
});

describe('no key is lost', () => {
  test('that is typed in the instant in which a stopped prompt continues, and none of a paste', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.terminal.type('pi');
    here.terminal.duties?.continued();
    here.terminal.type(`ng\r${'calculate 0 x\r'.repeat(20)}`);
    here.terminal.duties?.continued();
    await here.terminal.until(/21 calculate {2}completed/);
    expect((await here.scene.server.list()).map(({ command }) => command)).toEqual([
      'ping',
      ...Array(20).fill('calculate'),
    ]);
  });

  test('of an escape sequence in two parts, between which the prompt was stopped', async () => {
    await using here = await openPrompt();
    here.terminal.type('ping\r');
    await here.terminal.until(/1 ping {2}completed/);
    here.terminal.type(`${esc}[`);
    here.terminal.duties?.stop();
    here.terminal.type('A\r');
    await here.terminal.until(/2 ping {2}completed/);
  });

  test('that arrives with the key which opens a question: it answers that', async () => {
    await using here = await openPrompt();
    here.terminal.type('calculate 600 x\r');
    await here.terminal.until(/1 job(?!s)/);
    here.terminal.type(`${ctrl('C')}${down}${down}\r`);
    await here.left;
    expect((await here.scene.server.list()).map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });

  test('that arrives with the answer to a question: it goes into the line', async () => {
    await using here = await openPrompt({ clients: ['w1', 'w2'] });
    here.terminal.type('terminate\r');
    await here.terminal.until(/Terminate 2 clients\?/);
    here.terminal.type('n\rping\r@w1 ping\r');
    await here.terminal.until(/2 ping {2}completed/);
    expect((await here.scene.server.list()).map(({ command }) => command)).toEqual(['ping', 'ping', 'ping']);
  });

  test('that arrives with Ctrl-Z at a question: it answers that when it is asked again', async () => {
    await using here = await openPrompt({ clients: ['w1', 'w2'] });
    here.terminal.type('terminate\r');
    await here.terminal.until(/Terminate 2 clients\?/);
    here.terminal.type(`${ctrl('Z')}y\r`);
    await here.terminal.until(/terminate {2}completed/);
    expect(here.terminal.events).toEqual(['raw', 'cooked', 'stop', 'raw']);
  });
});

test('the terminal stays in raw mode between the line and a question: Ctrl-C is only a key there', async () => {
  await using here = await openPrompt({ clients: ['w1', 'w2'] });
  here.terminal.type('terminate\r');
  await here.terminal.until(/Terminate 2 clients\?/);
  here.terminal.type('n\r');
  await here.terminal.until(/> {2,}2\/2 ready/);
  expect(here.terminal.events).toEqual(['raw']);
});

test('Ctrl-D at a question answers it as Ctrl-C does', async () => {
  await using here = await openPrompt({ clients: ['w1', 'w2'] });
  here.terminal.type('terminate\r');
  await here.terminal.until(/Terminate 2 clients\?/);
  here.terminal.type(ctrl('D'));
  await here.terminal.until(/> {2,}2\/2 ready/);
  here.terminal.type('ping\r');
  await here.terminal.until(/1 ping {2}completed/);
  expect((await here.scene.server.list()).map(({ command }) => command)).toEqual(['ping', 'ping']);
});

test('Ctrl-backslash ends the process group', async () => {
  await using here = await openPrompt();
  await here.terminal.until(/1\/1 ready/);
  here.terminal.type('half\u001c');
  await here.terminal.until(/> half/);
  expect(here.terminal.events).toEqual(['raw', 'quit']);
});

test('before it is killed it restores the terminal', async () => {
  await using here = await openPrompt();
  await here.terminal.until(/1\/1 ready/);
  here.terminal.duties?.restore();
  expect(here.terminal.events).toEqual(['raw', 'cooked']);
});

describe('the end of the program', () => {
  test('ends the prompt', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.end.abort(143);
    await here.left;
    expect(here.terminal.isRaw).toBe(false);
  });

  test('ends a question, which counts as answered with no', async () => {
    await using here = await openPrompt({ clients: ['w1', 'w2'] });
    here.terminal.type('terminate\r');
    await here.terminal.until(/Terminate 2 clients\?/);
    here.end.abort(143);
    await here.left;
    await here.prompt[Symbol.asyncDispose]();
    expect(here.terminal.isRaw).toBe(false);
    expect(await here.scene.server.list()).toEqual([]);
  });

  test('before it has started leaves the terminal alone', async () => {
    await using here = await openPrompt({ isEnded: true });
    await here.left;
    expect(here.terminal.events).toEqual([]);
  });
});

describe('a terminal that throws has gone', () => {
  const gone = Object.assign(new Error('setRawMode EIO'), { code: 'EIO' });

  test('when its mode is set', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    here.terminal.broken = gone;
    here.terminal.duties?.continued();
    await here.left;
  });

  test('when its size is read', async () => {
    await using here = await openPrompt();
    await here.terminal.until(/1\/1 ready/);
    Object.assign(here.terminal.screen, {
      _refreshSize: () => {
        throw gone;
      },
    });
    here.terminal.type('p');
    await here.left;
  });
});
