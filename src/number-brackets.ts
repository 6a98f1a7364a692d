/** Maximum number of names in a target or a list of names. */
export const maxNames = 10_000;

/** Whether the inside of brackets is numbers as `foldNames` writes them: `1-3`, `1,7`, `08-10,12`. */
const isNumbers = (inside: string): boolean => /^[\d,-]*$/.test(inside) && /[,-]/.test(inside);

/** Brackets with their content, or the text between brackets. */
const piece = /\[([^[\]]*)\]|[^[\]]+|./gs;

/**
 * Expands brackets of numbers, in the order given: `m[1-3,7]` becomes m1, m2, m3 and m7; `m[08-10]` keeps the width.
 * Other brackets are unchanged.
 * @returns a sentence that says what is wrong, if the numbers are not valid or there are more than 10,000 results.
 */
export function expandNumbers(text: string): readonly string[] | string {
  let texts = [''];
  for (const [whole, inside] of text.matchAll(piece)) {
    const numbers = inside !== undefined && isNumbers(inside) ? numbersOf(inside) : [whole];
    if (!numbers) return `[${inside}] is not a list of numbers; use for example [1-20], [08-12] or [3,7]`;
    if (texts.length * numbers.length > maxNames) return `${text} expands to more than ${maxNames} names`;
    texts = texts.flatMap((before) => numbers.map((number) => `${before}${number}`));
  }
  return texts;
}

function numbersOf(list: string): string[] | undefined {
  const numbers: string[] = [];
  for (const part of list.split(',')) {
    const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (first === undefined || last === undefined || Number(first) > Number(last)) return undefined;
    const width = first.startsWith('0') ? first.length : 0;
    for (let number = Number(first); number <= Number(last) && numbers.length <= maxNames; number += 1) {
      numbers.push(String(number).padStart(width, '0'));
    }
  }
  return numbers;
}
