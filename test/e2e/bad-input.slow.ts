import { describe, expect, test } from 'vitest';
import { runAlone, runScript } from '../support/program.ts';

const cases: [line: string, exitCode: number, code: string, message: RegExp][] = [
  ['calculate -1 x', 2, 'bad_arguments', /SECONDS must be a number from 0 to 3155760000/],
  ['calculate abc x', 2, 'bad_arguments', /SECONDS must be a number .* not 'abc'/],
  ['calculate 1', 2, 'bad_arguments', /MESSAGE is missing: text/],
  ['calculate 1e12 x', 2, 'bad_arguments', /SECONDS must be a number from 0 to 3155760000/],
  ['calculate 1 x y', 2, 'bad_arguments', /y/],
  ['frobnicate', 2, 'unknown_command', /no command 'frobnicate'/],
  ['@nobody ping', 3, 'no_such_target', /no client is called 'nobody' \(connected: w1\)/],
  ['@w1,nobody ping', 3, 'no_such_target', /'nobody'/],
  ['cancel 99', 3, 'no_such_job', /no job '99'/],
  ['calculate 1 "x', 2, 'bad_usage', /quote " at column 13 is not closed/],
  ['sleep soon', 2, 'bad_usage', /'soon' is not a duration/],
  ['expect nothing ping', 2, 'bad_usage', /'nothing' is not an outcome/],
];

// Only a target and a job are resolved against existing ones.
const runnerFor = (code: string) => (code.startsWith('no_such') ? runScript : runAlone);

describe.each(cases)('%s', (line, expected, code, message) => {
  test('in text', async () => {
    const { exitCode, program } = await runnerFor(code)([line]);
    expect(exitCode).toBe(expected);
    expect(program.err.join('\n')).toMatch(message);
    expect(program.out).toEqual([]);
  });

  test('in JSON', async () => {
    const { exitCode, program } = await runnerFor(code)([line], '--output', 'json');
    expect(exitCode).toBe(expected);
    const errors = program.json.filter(({ type }) => type === 'error');
    expect(errors).toMatchObject([{ code, message: expect.stringMatching(message), line: 1 }]);
    expect(program.json.at(-1)).toMatchObject({ type: 'summary', completed: 0, rejected: 0, exitCode: expected });
  });
});

test('a near miss of a command gets a suggestion', async () => {
  const { program } = await runAlone(['pnig']);
  expect(program.err.join('\n')).toContain('did you mean ping?');
});

describe('bytes that are not a line', () => {
  test.each([
    ['a line of 1 MB', Buffer.alloc(1_000_000, 'a'), /longer than 65536 characters/],
    ['invalid UTF-8', Buffer.from([0x70, 0x69, 0xff, 0x0a]), /not valid UTF-8/],
    ['NUL', Buffer.from('ping \0\n'), /control character \\x00/],
  ])('%s is refused with exit code 2', async (_, bytes, message) => {
    const { exitCode, program } = await runAlone(bytes);
    expect(exitCode).toBe(2);
    expect(program.err.join('\n')).toMatch(message);
  });

  test('and with --keep-going the following lines are carried out', async () => {
    const { exitCode, program } = await runScript(Buffer.from('ping \0\nfrobnicate\nstart\nping\n'), '--keep-going');
    expect(exitCode).toBe(2);
    expect(program.out.filter((line) => line.includes('ping completed'))).toHaveLength(1);
  });
});

test('empty lines, comments and CRLF are fine', async () => {
  const { exitCode, program } = await runScript(Buffer.from('\r\n# a comment\r\n   \nstart\r\nping # another\r\n'));
  expect(exitCode).toBe(0);
  expect(program.out).toHaveLength(2);
});
