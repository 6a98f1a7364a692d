import { describe, expect, test } from 'vitest';
import { Terminal } from '../../../src/shell/prompt/terminal.ts';

/** A terminal of 20 columns whose writes end when the test says so. */
function open() {
  const writes: { text: string; done: () => void; fail: (error: Error) => void }[] = [];
  const sink = {
    write: (text: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      writes.push({ text, done: resolve, fail: reject });
      return promise;
    },
  };
  const terminal = new Terminal(sink, () => ({ columns: 20, rows: 10 }));
  /** Lets the current write end. */
  const finish = async () => {
    writes.at(-1)?.done();
    await new Promise(setImmediate);
  };
  return { terminal, writes, finish };
}

const frame = (...rows: string[]) => ({ rows, cursorRow: rows.length - 1, cursorColumn: 2 });
const settled = (promise: Promise<void>) =>
  Promise.race([promise.then(() => 'written'), Promise.resolve().then(() => Promise.resolve('waits'))]);

describe('a terminal that is not read', () => {
  test('has one write in progress at a time', async () => {
    const { terminal, writes } = open();
    for (let index = 0; index < 1_000; index += 1) {
      void terminal.write(`line ${index}\n`);
      terminal.show(frame(`> ${index}`));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(writes).toHaveLength(1);
  });

  test('gets the output of the meantime in one piece, and only the last frame', async () => {
    const { terminal, writes, finish } = open();
    terminal.show(frame('> a'));
    for (const text of ['one\n', 'two\n']) void terminal.write(text);
    terminal.show(frame('> b'));
    terminal.show(frame('> c'));
    await finish();
    expect(writes).toHaveLength(2);
    expect(writes[1]?.text).toContain('one\r\ntwo\r\n');
    expect(writes[1]?.text).toContain('> c');
    expect(writes[1]?.text).not.toContain('> b');
  });

  test('costs bounded memory: the oldest lines are dropped and counted', async () => {
    const { terminal, writes, finish } = open();
    terminal.show(frame('> '));
    const first = terminal.write('the first line\n');
    const line = `${'x'.repeat(1_023)}\n`;
    for (let index = 0; index < 5_000; index += 1) void terminal.write(line);
    expect(await settled(first)).toBe('written');
    await finish();
    await expect.poll(() => writes.length).toBe(2);
    const text = writes[1]?.text ?? '';
    expect(text.length).toBeLessThan(4_300_000);
    expect(text).not.toContain('the first line');
    expect(text).toMatch(/… \d+ pieces of output are not shown; logs JOB shows them/);
  });
});

test('dropped outcomes do not count as written until their number is written', async () => {
  const { terminal, writes, finish } = open();
  terminal.show(frame('> '));
  const outcomes = [terminal.write('w1 completed\n', 1), terminal.write('w[2-4] completed\n', 3)];
  const line = `${'x'.repeat(1_023)}\n`;
  for (let index = 0; index < 5_000; index += 1) void terminal.write(line);
  await finish();
  await expect.poll(() => writes.length).toBe(2);
  expect(writes[1]?.text).toContain('… 4 outcomes are not shown; jobs shows them');
  expect(await Promise.all(outcomes.map(settled))).toEqual(['waits', 'waits']);
  await finish();
  await Promise.all(outcomes);
});

test('dropped outcomes whose number could not be written never count as written', async () => {
  const { terminal, writes, finish } = open();
  terminal.show(frame('> '));
  const outcome = terminal.write('w1 completed\n', 1);
  const refused = expect(outcome).rejects.toThrow('EIO');
  const line = `${'x'.repeat(1_023)}\n`;
  for (let index = 0; index < 5_000; index += 1) void terminal.write(line);
  await finish();
  await expect.poll(() => writes.length).toBe(2);
  writes[1]?.fail(new Error('EIO'));
  await refused;
});

test('a line counts as written when its write has ended, and not if the write fails', async () => {
  const { terminal, writes, finish } = open();
  const first = terminal.write('one\n');
  expect(await settled(first)).toBe('waits');
  await finish();
  await first;
  const second = terminal.write('two\n');
  await expect.poll(() => writes.length).toBe(2);
  writes[1]?.fail(new Error('EIO'));
  await expect(second).rejects.toThrow('EIO');
});

test('a printed line replaces the frame, which moves below it', async () => {
  const { terminal, writes, finish } = open();
  terminal.show(frame('live', '> a'));
  await finish();
  void terminal.write('out\n');
  await expect.poll(() => writes.length).toBe(2);
  // Up to its first row, two rows erased, up again; the line, the frame, and back to the column of the cursor.
  const [up, erase, down] = ['\u001b[1A', '\u001b[2K', '\u001b[1B'];
  expect(writes[1]?.text).toContain(`\r${up}${erase}${down}${erase}${up}out\r\nlive\r\n> a\r\u001b[2C`);
});

test('an unchanged frame is redrawn only on a screen of another size', async () => {
  const writes: string[] = [];
  let rows = 10;
  const terminal = new Terminal({ write: async (text) => void writes.push(text) }, () => ({ columns: 20, rows }));
  const show = async () => {
    terminal.show(frame('> a'));
    await new Promise(setImmediate);
    return writes.length;
  };
  expect([await show(), await show()]).toEqual([1, 1]);
  rows = 8;
  expect([await show(), await show()]).toEqual([2, 2]);
  terminal.forget();
  expect(await show()).toBe(3);
});

test('all rows that a narrower screen has wrapped are erased', async () => {
  const writes: string[] = [];
  let columns = 40;
  const terminal = new Terminal({ write: async (text) => void writes.push(text) }, () => ({ columns, rows: 10 }));
  terminal.show({ rows: ['x'.repeat(39)], cursorRow: 0, cursorColumn: 39 });
  await new Promise(setImmediate);
  columns = 20;
  terminal.show({ rows: ['> '], cursorRow: 0, cursorColumn: 2 });
  // The cursor was at the end of the line: now in the second row.
  expect(writes[1]).toContain('\r\u001b[1A\u001b[2K');
  expect(writes[1]?.split('\u001b[2K')).toHaveLength(3);
});

test('a frame for a wider screen that waited while the screen shrank leaves no row behind', async () => {
  const writes: { text: string; done: () => void }[] = [];
  const write = (text: string) => new Promise<void>((done) => writes.push({ text, done }));
  let columns = 40;
  const terminal = new Terminal({ write }, () => ({ columns, rows: 10 }));
  const turn = () => new Promise(setImmediate);
  const up = (rows: number) => `\u001b[${rows}A`;
  const right = (column: number) => `\u001b[${column}C`;
  // Each takes two rows of the narrower screen; the cursor is in the second row of the line, the third of the frame.
  const wide = (letter: string) => [`live ${letter.repeat(30)}`, `> ${letter.repeat(30)}`, letter.repeat(38)];
  terminal.show({ rows: wide('a'), cursorRow: 1, cursorColumn: 32 });
  terminal.show({ rows: wide('b'), cursorRow: 1, cursorColumn: 32 });
  columns = 20;
  writes.at(-1)?.done();
  await turn();
  expect(writes[1]?.text).toContain(`${wide('b').join('\r\n')}${up(2)}\r${right(12)}`);
  terminal.show({ rows: ['> b'], cursorRow: 0, cursorColumn: 3 });
  writes.at(-1)?.done();
  await turn();
  expect(writes[2]?.text).toContain(`\r${up(3)}\u001b[2K`);
  expect(writes[2]?.text.split('\u001b[2K')).toHaveLength(7);
});
