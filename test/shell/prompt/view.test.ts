import { expect, test } from 'vitest';
import { createStyle } from '../../../src/shell/prompt/style.ts';
import { type PromptState, viewOf } from '../../../src/shell/prompt/view.ts';

const idle: PromptState = {
  line: '',
  cursor: 0,
  ghost: '',
  hint: {},
  menu: undefined,
  search: undefined,
  target: '',
  status: { ready: 1, online: 1, running: 0, insecure: false },
  isWaiting: false,
  waitsFor: undefined,
};
const size = { columns: 80, rows: 24 };

function rowsOf(state: Partial<PromptState>): readonly string[] {
  return viewOf({ ...idle, ...state }, () => [], size, createStyle(false)).rows;
}

test.each<[title: string, char: string]>([
  ['the beginning of an escape sequence in one character', '\x9b'],
  ['a control character', '\x07'],
  ['one that turns the direction of what follows', '\u202e'],
])('%s is drawn as a harmless character, and the cursor does not move', (_, char) => {
  const [line, drawn] = [`ping ${char}31m`, 'ping \ufffd31m'];
  expect(rowsOf({ line, cursor: line.length })[0]).toMatch(new RegExp(`^signalbox> ${drawn} `));
  expect(rowsOf({ line: 'pin', search: { found: line } })).toContainEqual(`  ${drawn}`);
  const columns = ['ping x31m', line].map(
    (one) => viewOf({ ...idle, line: one, cursor: 6 }, () => [], size, createStyle(false)).cursorColumn,
  );
  expect(columns).toEqual([17, 17]);
});
