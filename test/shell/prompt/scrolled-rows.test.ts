import { describe, expect, test } from 'vitest';
import { ScrolledRows } from '../../../src/shell/prompt/scrolled-rows.ts';

const rows = Array.from({ length: 6 }, (_, at) => `row ${at} ${'x'.repeat(12)}`);
const nothing = { height: 0, text: '' };

/** On a screen of 20 × 10 six rows have been drawn; 10 × 8 wraps each to two and has room for four. */
function shrunk(): ScrolledRows {
  const scrolled = new ScrolledRows();
  scrolled.takeBack({ columns: 20, rows: 10 }, 6);
  scrolled.shrunk(rows, { columns: 10, rows: 8 });
  scrolled.takeBack({ columns: 10, rows: 8 }, 12);
  return scrolled;
}

describe('rows that a smaller screen has scrolled away', () => {
  test('are taken back when it grows, and only once', () => {
    const scrolled = shrunk();
    expect(scrolled.takeBack({ columns: 20, rows: 10 }, 4)).toEqual({ height: 2, text: '' });
    expect(scrolled.takeBack({ columns: 30, rows: 20 }, 4)).toEqual(nothing);
  });

  test('are not looked for while it has not grown', () => {
    const scrolled = shrunk();
    expect(scrolled.takeBack({ columns: 10, rows: 8 }, 4)).toEqual(nothing);
    expect(scrolled.takeBack({ columns: 10, rows: 6 }, 4)).toEqual(nothing);
    expect(scrolled.takeBack({ columns: 20, rows: 10 }, 4).height).toBe(2);
  });

  test('are taken from above later output, which is printed again', () => {
    const scrolled = shrunk();
    scrolled.printed('one\ntwo\n');
    expect(scrolled.takeBack({ columns: 20, rows: 10 }, 4)).toEqual({ height: 4, text: 'one\ntwo\n' });
  });

  test('come back as far as a screen that only grows in height reaches, the rest later', () => {
    const scrolled = shrunk();
    expect(scrolled.takeBack({ columns: 10, rows: 9 }, 4)).toEqual({ height: 2, text: '' });
    expect(scrolled.takeBack({ columns: 10, rows: 12 }, 4)).toEqual({ height: 2, text: '' });
  });

  test('are forgotten after another program has used the terminal, or much was printed', () => {
    const [cleared, flooded] = [shrunk(), shrunk()];
    cleared.forget();
    flooded.printed('line\n'.repeat(1_000));
    for (const scrolled of [cleared, flooded]) expect(scrolled.takeBack({ columns: 80, rows: 24 }, 4)).toEqual(nothing);
  });

  test('do not exist if the frame fits', () => {
    const scrolled = new ScrolledRows();
    scrolled.shrunk(rows, { columns: 20, rows: 8 });
    scrolled.printed('one\n');
    expect(scrolled.takeBack({ columns: 40, rows: 20 }, 4)).toEqual(nothing);
  });
});
