import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

/** The pages of which every block is run. */
export const pages = [
  'README.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

/** Tutorials and recipes: readers follow them from top to bottom in one terminal. */
export const lessons = pages.filter((page) => page.split('/').length > 2);

/** A block between fences. */
export interface Block {
  readonly page: string;
  /** The line number of its first line. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Its first line. */
  readonly begins: string;
  /** The HTML comment directly before it: `prints`, `terminals`, `from FILE`. */
  readonly directive: string | undefined;
}

/** @throws if a fence is in a list or a quote, or is not closed, because the block would be skipped. */
export function blocksOf(page: string, markdown = read(page)): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^([\s>]*)(?:```|~~~)(.*)$/.exec(lines[at] ?? '');
    if (!fence) continue;
    const [, before = '', language = ''] = fence;
    const end = lines.indexOf('```', at + 1);
    if (before !== '' || end === -1)
      throw new Error(`${page}, line ${at + 1}: this fence is not at the margin, or has no end`);
    const [, directive] = /^<!-- (.*) -->$/.exec(lines[at - 1] ?? '') ?? [];
    const inner = lines.slice(at + 1, end);
    blocks.push({ page, line: at + 2, language, text: inner.join('\n'), begins: inner[0] ?? '', directive });
    at = end;
  }
  return blocks;
}
