import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

/** The pages whose every block is run. */
export const pages = [
  'README.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

/** What a newcomer types first: these pages are tried by `npm test`, the others by `npm run test:slow`. */
export const firstPages = pages.filter((page) => /^README\.md$|\/first-/.test(page));

/** Tutorials and recipes: they are read from top to bottom, beside one terminal. */
export const lessons = pages.filter((page) => page.split('/').length > 2);

/** Something between fences. */
export interface Block {
  readonly page: string;
  /** Of its first line. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Its first line. */
  readonly begins: string;
  /** What the HTML comment right before it says of it: `prints`, `terminals`, `from FILE`. */
  readonly directive: string | undefined;
}

/** @throws where a fence stands in a list or a quote, or is not closed: it would be passed over. */
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
