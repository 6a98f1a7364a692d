/** Names that a target or a list of names may stand for. */
export const maxNames = 10_000;

/** The inside of brackets that hold numbers, as `foldNames` writes them: `1-3`, `1,7`, `08-10,12`. */
const isNumbers = (inside: string): boolean => /^[\d,-]*$/.test(inside) && /[,-]/.test(inside);

/** Brackets, and the text between them. */
const piece = /\[([^[\]]*)\]|[^[\]]+|./gs;

/**
 * The texts that one with brackets of numbers stands for, in the order given: `m[1-3,7]` is m1, m2, m3 and m7;
 * `m[08-10]` keeps the width. Other brackets stay as they are.
 * @returns what is wrong, as a sentence, where numbers are not written so or stand for more than 10,000 texts.
 */
export function expandNumbers(text: string): readonly string[] | string {
  let texts = [''];
  for (const [whole, inside] of text.matchAll(piece)) {
    const numbers = inside !== undefined && isNumbers(inside) ? numbersOf(inside) : [whole];
    if (!numbers) return `[${inside}] is no list of numbers; use for example [1-20], [08-12] or [3,7]`;
    if (texts.length * numbers.length > maxNames) return `${text} stands for more than ${maxNames} names`;
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
