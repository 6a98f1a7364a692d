// Over 250 lines: one suite, because its tests open their terminals concurrently.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

/** A prompt with this many clients of its own, all connected. */
async function open(clients: number, options: Parameters<typeof Screen.open>[1] = {}): Promise<Screen> {
  const screen = await Screen.open(['--spawn', String(clients)], options);
  await screen.until(new RegExp(`0/${clients} ready`));
  return screen;
}

async function openReady(clients: number, options: Parameters<typeof Screen.open>[1] = {}): Promise<Screen> {
  const screen = await open(clients, options);
  await screen.keys('start --wait 1m', 'Enter');
  // The line has ended on all clients: the prompt waits for nothing and prints nothing more.
  await screen.until(new RegExp(`^(signalbox)?> +${clients}/${clients} ready$`, 'm'));
  return screen;
}

/** Two clients have completed it, which a busy machine prints as two lines. */
function completedByTwo(what: string): RegExp {
  const line = (who: string) => `✓ ${who} {2}${what.replaceAll(' ', ' +')}`;
  return new RegExp(`${line('w\\[1-2\\]')}|${line('w1')}[^]*${line('w2')}|${line('w2')}[^]*${line('w1')}`);
}

const esc = String.fromCharCode(27);

// .ci/run installs tmux.
describe.skipIf(!hasTmux).concurrent('the prompt on a real terminal', { timeout: 60_000 }, () => {
  test('the first screen shows the address, what to try, and the clients', async () => {
    await using screen = await open(2);
    const rows = await screen.until(/w2 is unready[\s\S]*signalbox> .*0\/2 ready/);
    expect(rows.slice(0, 4)).toEqual([
      expect.stringMatching(/^Signalbox \d+\.\d+\.\d+, listening on ipc:/),
      'Its clients are starting.',
      'Try:  clients  ·  start  ·  calculate 3 "hello"',
      'Tab completes, help lists all commands, Ctrl-D leaves.',
    ]);
    expect(rows.at(-1)).toMatch(/^signalbox> +0\/2 ready$/);
  });

  test('a line typed before its clients have joined goes to all of them', async () => {
    await using screen = await Screen.open(['--spawn', '3']);
    await screen.until(/no clients$/m);
    await screen.keys('start', 'Enter');
    await screen.until(/^1 start → 3 clients$/m);
    await screen.until(/3\/3 ready$/m);
  });

  test('problems are printed above the line', async () => {
    await using screen = await Screen.open(['--spawn', '1', '--audit', '/dev/full'], { columns: 100 });
    await screen.type('calculate 1');
    const rows = await screen.until(/cannot be written[\s\S]*w1 is unready[\s\S]*MESSAGE/);
    expect(rows.filter((row) => row.includes('cannot be written'))).toEqual([
      expect.stringMatching(/^the audit log cannot be written: ENOSPC.*; trying again$/),
    ]);
    expect(rows.filter((row) => row.startsWith('signalbox> '))).toEqual([
      expect.stringMatching(/^signalbox> calculate 1 /),
    ]);
  });

  test('help fits a small screen, and no word of it is broken', async () => {
    await using screen = await open(1);
    await screen.keys('help', 'Enter');
    const rows = await screen.until(/exit {2,}Exit/);
    expect(rows.join('\n')).toMatch(/^(signalbox> help\n)?\[@target.*details: help COMMAND$/m);
    expect(rows.join('\n')).toMatch(/^ {2}jobs {7}List the jobs that wait or run, and the last 10 that ended/m);
    await screen.keys('help run', 'Enter');
    const explained = await screen.until(/example: run/);
    expect(explained.join('\n')).toMatch(/64 MiB\s+of\s+output\s+wait\s+for\s+a\s+server:\s+the\s+program/);
  });

  test('on a screen of 40 columns and 12 rows a job has one row, half of the screen stays free, and tables fit', async () => {
    await using screen = await openReady(12, { columns: 40, rows: 12 });
    await screen.keys('calculate 600 "a message"', 'Enter');
    // While the line waits for acceptance, a busy machine shows that in an additional row.
    const rows = await screen.until(/^> +12\/12 ready · 12 jobs$/m);
    const jobs = rows.filter((row) => /^ {2}2\/w\d+ /.test(row));
    expect(jobs.length).toBeGreaterThan(2);
    expect(jobs.length).toBeLessThan(6);
    const from = rows.findIndex((row) => /^ {2}2\/w/.test(row));
    expect(rows.slice(from).map((row) => row.slice(0, 4))).toEqual([
      ...jobs.map(() => '  2/'),
      '  … ',
      expect.any(String),
    ]);
    await screen.keys('clients', 'Enter');
    await screen.until(/… a wider screen shows/);
    const listed = await screen.rows({ scrollback: true });
    const table = listed.slice(listed.findIndex((row) => row.startsWith('NAME')));
    expect(table.slice(1, 13).map((row) => row.split(' ')[0])).toEqual(
      Array.from({ length: 12 }, (_, at) => `w${at + 1}`),
    );
  });

  test('the prompt names what it waits for, and the key that ends the wait', async () => {
    await using screen = await openReady(1);
    await screen.keys('sleep 1h', 'Enter');
    await screen.until(/^signalbox…> .*\n {2}Ctrl-C ends: sleep 1h$/m);
    await screen.keys('C-c');
    const rows = await screen.until(/^signalbox> {2,}\S.*ready$/m);
    expect(rows.join('\n')).not.toContain('Ctrl-C ends');
  });

  test('Tab completes the unambiguous part and lists the candidates with explanations; Tab again cycles through them', async () => {
    await using screen = await open(2);
    await screen.keys('cal', 'Tab');
    await screen.until(/^signalbox> calculate /m);
    await screen.keys('C-u', '@w', 'Tab');
    const rows = await screen.until(/@w2 {2}unready/);
    expect(rows.slice(-3)).toEqual([expect.stringMatching(/^signalbox> @w /), '  @w1  unready', '  @w2  unready']);
    await screen.keys('Tab', 'Tab');
    const chosen = await screen.until(/^> @w2/m);
    expect(chosen.at(-3)).toMatch(/^signalbox> @w2 /);
    await screen.keys('Escape');
    await screen.until(/^signalbox> @w {2}/m);
  });

  test('the usage of the command is shown below the line, with the next argument marked, and errors so far', async () => {
    await using screen = await open(1);
    await screen.type('calculate ');
    await screen.until(/calculate ‹SECONDS› MESSAGE .* {2}a number from 0/);
    await screen.type('1.5 ');
    await screen.until(/calculate SECONDS ‹MESSAGE› /);
    await screen.keys('C-u');
    await screen.type('calculate abc');
    const rows = await screen.until(/✗/);
    expect(rows.at(-2)).toMatch(/^ {2}✗ SECONDS must be a number from 0 to 3155760000 \(s\), not 'abc'/);
    await screen.keys('C-u');
    await screen.type('frobnicate');
    await screen.until(/✗ there is no command 'frobnicate'/);
    await screen.keys('C-u');
    await screen.type('@nobody ping');
    await screen.until(/✗ .*nobody/);
  });

  test('an error marks its place and says what to type', async () => {
    await using screen = await open(1);
    await screen.keys('calculate -1 x', 'Enter');
    const rows = await screen.until(/\^\^/);
    const at = rows.indexOf('signalbox> calculate -1 x');
    expect(rows.slice(at + 1, at + 4)).toEqual([
      "SECONDS must be a number from 0 to 3155760000 (s), not '-1'",
      '  calculate -1 x',
      '            ^^',
    ]);
  });

  test('history survives a restart: Up finds by prefix, Ctrl-R by any part; a line after a space is not kept', async () => {
    await using first = await openReady(1);
    await first.keys('calculate 0 "first one"', 'Enter');
    await first.until(/2 calculate {2}completed/);
    await first.keys('ping', 'Enter');
    await first.until(/3 ping {2}completed/);
    await first.keys(' ping --expires 7s', 'Enter');
    await first.until(/4 ping {2}completed/);
    await first.keys('C-d');
    await first.until(/exit code 0/);
    await using again = await open(1, { state: first.state });
    await again.keys('Up');
    await again.until(/^signalbox> ping {2}/m);
    await again.keys('C-u');
    await again.type('cal');
    await again.keys('Up');
    await again.until(/^signalbox> calculate 0 "first one" /m);
    await again.keys('C-u', 'C-r');
    await again.type('first');
    const rows = await again.until(/^ {2}calculate 0 "first one"$/m);
    expect(rows.some((row) => row.startsWith('search> first'))).toBe(true);
    await again.keys('Tab');
    await again.until(/^signalbox> calculate 0 "first one" /m);
    await again.keys('C-u', 'C-r');
    await again.type('expires');
    await again.until(/nothing found/);
  });

  test('the suggestion from the history is shown after the line, and Right accepts it', async () => {
    await using screen = await openReady(1);
    await screen.keys('calculate 0 "all of it"', 'Enter');
    await screen.until(/2 calculate {2}completed/);
    await screen.type('calc');
    await screen.until(/^signalbox> calculate 0 "all of it" /m);
    await screen.keys('Right', 'Enter');
    await screen.until(/3 calculate {2}completed/);
  });

  test('five jobs have live rows while a line is typed, and outcomes are printed above it', async () => {
    await using screen = await openReady(5);
    await screen.keys('calculate 12 "done now"', 'Enter');
    await screen.type('half a li');
    const rows = await screen.until(/(?: {2}2\/w\d calculate .* \d+ %\n){5}signalbox> half a li .*5 jobs/);
    const line = rows.findIndex((row) => row.startsWith('signalbox> half a li'));
    const live = rows.slice(line - 5, line);
    expect(live.map((row) => /^ {2}2\/w\d calculate +[\d.]+ m?s {2}.{12} +\d+ %/.test(row))).toEqual(
      Array(5).fill(true),
    );
    // Jobs that end together share a line; a busy machine may print more lines.
    const after = await screen.until(
      /✓ w[\s\S]* {2}2 calculate {2}completed in 1\d[\s\S]*signalbox> half a li +5\/5 ready$/m,
    );
    expect(after.filter((row) => row.endsWith('| done now'))).toHaveLength(5);
    expect(after.findLast((row) => row.startsWith('signalbox>'))).toMatch(/^signalbox> half a li +5\/5 ready$/m);
    expect(after.filter((row) => row.startsWith('signalbox> half a li'))).toHaveLength(1);
  });

  test('jobs that do not fit are counted', async () => {
    await using screen = await openReady(1, { rows: 12 });
    await screen.keys(Array.from({ length: 15 }, () => 'calculate 600 x').join('; '), 'Enter');
    const rows = await screen.until(/… and \d+ more; jobs lists them\n.*15 jobs$/m);
    expect(rows.filter((row) => /^ {2}\d+\/w1 calculate/.test(row)).length).toBeLessThanOrEqual(5);
  });

  test('a paste of 20 lines is 20 lines', async () => {
    await using screen = await openReady(1);
    await screen.paste(Array.from({ length: 20 }, (_, index) => `calculate 0 "pasted ${index}"\n`).join(''));
    await screen.until(/21 calculate {2}completed/);
    const rows = await screen.rows({ scrollback: true });
    const typed = rows.filter((row) => row.startsWith('signalbox> calculate 0 "pasted'));
    expect(typed).toHaveLength(20);
    expect(rows.filter((row) => row.startsWith('w1 | pasted'))).toHaveLength(20);
  });

  test('at 22 columns, and back at 80, one line stays one line', async () => {
    await using screen = await openReady(1);
    await screen.type('calculate 12 "a line that is too long for it"');
    await screen.until(/too long for it"/);
    // No job runs yet: a row written while the terminal wraps the last frame would disturb it.
    await screen.resize(22, 20);
    const narrow = await screen.until(/^> .*long for it"$/m);
    expect(Math.max(...narrow.map((row) => row.length))).toBeLessThanOrEqual(22);
    expect(narrow.filter((row) => row.startsWith('>'))).toHaveLength(1);
    await screen.keys('C-u', 'calculate 600 x', 'Enter');
    await screen.until(/^> +1\/1 ready · 1 job$/m);
    await screen.type('calculate 12 "a line that is too long for it"');
    await screen.until(/^> .*long for it"$/m);
    await screen.resize(80, 24);
    const wide = await screen.until(/^signalbox> calculate 12 "a line that is too long for it"/m);
    expect(wide.filter((row) => row.startsWith('signalbox> calculate 12'))).toHaveLength(1);
    await screen.keys('Home', 'C-k');
    await screen.until(/^signalbox> +1\/1 ready · 1 job$/m);
  });

  test('wide characters take their two columns, and the cursor is after them', async () => {
    await using screen = await openReady(1);
    await screen.type('calculate 0 "日本語 👍 ');
    await screen.type('end"');
    await screen.until(/^signalbox> calculate 0 "日本語 👍 end"/m);
    await screen.keys('Left', 'Left', 'Left', 'Left', 'Left', 'BSpace');
    await screen.until(/^signalbox> calculate 0 "日本語 {2}end"/m);
    await screen.keys('Enter');
    await screen.until(/w1 \| 日本語/);
  });

  describe('Ctrl-C', () => {
    test('clears a line', async () => {
      await using screen = await open(1);
      await screen.type('half a li');
      await screen.until(/half a li/);
      await screen.keys('C-c');
      await screen.until(/^signalbox> +0\/1 ready$/m);
      expect((await screen.rows()).join('\n')).not.toContain('half a li');
    });

    test('ends the wait', async () => {
      await using screen = await openReady(1);
      await screen.keys('sleep 1h', 'Enter');
      await screen.until(/^signalbox…>/m);
      await screen.keys('C-c');
      await screen.until(/^signalbox> +1\/1 ready$/m);
    });

    test('leaves on an empty line', async () => {
      await using screen = await open(1);
      await screen.keys('C-c');
      await screen.until(/exit code 0/);
    });

    test('with jobs whose clients end with the prompt, says that leaving ends them', async () => {
      await using screen = await openReady(1);
      await screen.keys('calculate 600 x', 'Enter');
      await screen.until(/1 job$/m);
      await screen.keys('C-c');
      await screen.until(/stay\n {2}leave; they end with their clients\n {2}cancel them and leave/);
      await screen.keys('Down', 'Enter');
      await screen.until(/still running: 1; they end with their clients[\s\S]*exit code 0/);
    });

    test('with jobs asks once: stay, or cancel them and leave', async () => {
      await using screen = await openReady(1);
      await screen.keys('calculate 600 x', 'Enter');
      await screen.until(/1 job$/m);
      await screen.keys('C-c');
      await screen.until(/A job is running/);
      await screen.keys('Enter');
      await screen.until(/^signalbox> +1\/1 ready · 1 job$/m);
      await screen.keys('C-c');
      await screen.until(/A job is running[\s\S]*cancel them and leave/);
      await screen.keys('Up', 'Enter');
      const rows = await screen.until(/exit code 0/);
      expect(rows.join('\n')).toMatch(/– w1 {2}2 calculate {2}cancelled/);
    });
  });

  test.each(['C-d', 'exit'])('%s asks before jobs end with the prompt, and says what still runs', async (key) => {
    await using screen = await openReady(1);
    await screen.keys('calculate 600 x', 'Enter');
    await screen.until(/1 job$/m);
    await screen.keys(...(key === 'exit' ? [key, 'Enter'] : [key]));
    await screen.until(/A job is running[\s\S]*cancel them and leave/);
    await screen.keys('Down', 'Enter');
    await screen.until(/still running: 1; they end with their clients[\s\S]*exit code 0/);
  });

  test('Ctrl-Z does nothing if no shell could continue the prompt, and Ctrl-L clears the screen and keeps the line', async () => {
    await using screen = await openReady(1);
    await screen.type('pi');
    await screen.keys('C-z', 'C-l');
    const rows = await screen.until(/^signalbox> pi/);
    expect(rows[0]).toMatch(/^signalbox> pi /);
    await screen.type('ng');
    await screen.keys('Enter');
    await screen.until(/2 ping {2}completed/);
  });

  test('terminate of several clients asks; --yes answers', async () => {
    await using screen = await openReady(2);
    await screen.keys('terminate', 'Enter');
    await screen.until(/Terminate 2 clients\?/);
    await screen.keys('n', 'Enter');
    await screen.until(/Terminate 2 clients\? No/);
    await screen.keys('terminate --yes', 'Enter');
    await screen.until(completedByTwo('2 terminate completed now terminating'));
  });

  test('a sourced file cancels its own second command, and its first failure ends it with its line', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a.box'), 'ping\ncalculate 600 x\ncancel 2\nwait 2\nfrobnicate\nping\n');
    await using screen = await openReady(1, { columns: 120 });
    await screen.keys('calculate 600 mine', 'Enter');
    await screen.until(/2 calculate → w1/);
    await screen.type(`source ${folder}/a.box; exit 9`);
    await screen.keys('Enter');
    await screen.until(/a\.box, line 5: there is no command[\s\S]*not run: exit 9/);
    await screen.until(/– w1 {2}4 calculate {2}cancelled[\s\S]*1\/1 ready · 1 job$/);
    await screen.keys('exit 9', 'Enter');
    await screen.until(/A job is running[\s\S]*cancel them and leave/);
    await screen.keys('Down', 'Down', 'Enter');
    await screen.until(/exit code 9/);
  });

  test('terminate of one client asks too', async () => {
    await using screen = await openReady(1);
    await screen.keys('@w1 terminate', 'Enter');
    await screen.until(/Terminate w1\?/);
    await screen.keys('y', 'Enter');
    await screen.until(/✓ w1 {2}2 terminate {2}completed/);
  });

  test('use sets the target of commands, and the prompt shows it', async () => {
    await using screen = await openReady(2);
    await screen.keys('use w2', 'Enter');
    await screen.until(/^signalbox @w2> /m);
    await screen.keys('ping', 'Enter');
    await screen.until(/✓ w2 {2}2 ping {2}completed/);
  });

  test('--begin sets the initial line, also on a dumb terminal', async () => {
    await using screen = await Screen.open(['--spawn', '1', '--begin', "'use online'"]);
    await screen.until(/^signalbox> use online\ncommands now go to online$/m);
    await screen.until(/^signalbox @online> /m);
    await using dumb = await Screen.open(['--spawn', '1', '--begin', "'use online'"], { env: { TERM: 'dumb' } });
    await dumb.until(/^commands now go to online\nsignalbox> /m);
  });

  test('with NO_COLOR there is no colour, and every outcome has its mark and word', async () => {
    await using screen = await openReady(1, { env: { NO_COLOR: '1' } });
    await screen.keys('stop', 'Enter');
    await screen.until(/2 stop {2}completed/);
    await screen.keys('ping', 'Enter');
    await screen.until(/✗ w1 {2}3 ping {2}rejected {2}not_ready/);
    expect((await screen.rows({ colours: true })).join('\n')).not.toContain(`${esc}[`);
  });

  test('with TERM=dumb the prompt reads and writes plain lines', async () => {
    await using screen = await Screen.open(['--spawn', '2'], { env: { TERM: 'dumb' } });
    await screen.until(/signalbox> [\s\S]*w1 is unready/);
    await screen.until(/w2 is unready/);
    await screen.keys('start', 'Enter');
    await screen.until(completedByTwo('1 start completed'));
    await screen.keys('@w1 calculate 600 x', 'Enter');
    await screen.until(/2 calculate → w1/);
    await screen.keys('exit', 'Enter');
    await screen.until(/A job is running and ends with the prompt\. Leave\? \(y\/N\)/);
    await screen.keys('Enter');
    await screen.keys('terminate', 'Enter');
    await screen.until(/Terminate 2 clients\? \(y\/N\)/);
    await screen.keys('y', 'Enter');
    await screen.until(completedByTwo('3 terminate completed'));
    await screen.keys('exit', 'Enter');
    await screen.until(/exit code 0/);
    expect((await screen.rows({ colours: true })).join('\n')).not.toContain(`${esc}[`);
  });
});
