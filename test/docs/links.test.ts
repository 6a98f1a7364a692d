import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { pages, read, root } from './markdown.ts';

const texts = [...pages, 'CONTRIBUTING.md', 'SECURITY.md', 'schemas/README.md'];
const prose = (page: string) => read(page).replaceAll(/^```[\s\S]*?^```$/gm, '');

/** The anchors of a page, as GitHub derives them from its headings. */
const anchorsOf = (page: string) =>
  [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

test.for(texts)('each link of %s has a target', (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const dead = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : posix.join(posix.dirname(page), path);
    if (!existsSync(`${root}${target}`)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(dead).toEqual([]);
});

test.for(texts)('each file of the project that %s names exists', (page) => {
  const named = [...prose(page).matchAll(/`((?:docs|examples|schemas|src|test|scripts)\/[\w./-]+)`/g)];
  const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(`${root}${path}`));
  expect(missing).toEqual([]);
});

test('the index links to each page', () => {
  const index = 'docs/README.md';
  const missing = pages.filter((page) => page !== index && !read(index).includes(`](${posix.relative('docs', page)})`));
  expect(missing).toEqual([]);
});
