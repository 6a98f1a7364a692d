import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { exceptionFor, exceptions } from './exceptions.ts';
import { type Block, blocksOf, lessons, pages, read, root } from './markdown.ts';
import { fileOf, treatmentOf } from './treatment.ts';
import { tryPages } from './try-pages.ts';
import { Workbench } from './workbench.ts';

const timeout = 90_000;
const isProgram = (block: Block) => ['program', 'file'].includes(treatmentOf(block)) && fileOf(block).endsWith('.ts');

tryPages(pages.filter((page) => !lessons.includes(page)));

test('the programs on all pages type-check', { timeout }, async () => {
  using bench = new Workbench();
  const programs = pages.flatMap((page) => blocksOf(page)).filter(isProgram);
  expect(programs.length).toBeGreaterThan(0);
  for (const block of programs) {
    const file = join(bench.folder, block.page.replaceAll(/\W/g, '-'), fileOf(block));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, block.text);
  }
  const typeRoots = [join(root, 'node_modules/@types')];
  const which = { include: ['*/**/*.ts'], exclude: ['examples', 'schemas', 'node_modules'] };
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { typeRoots }, ...which };
  writeFileSync(join(bench.folder, 'tsconfig.json'), JSON.stringify(config));
  expect(await bench.run(join(root, 'node_modules/.bin/tsc'))).toEqual({ exitCode: 0, printed: '' });
});

test('each exception belongs to an existing block, and its replacement exists', () => {
  const blocks = pages.flatMap((page) => blocksOf(page));
  const stale = exceptions.filter((one) => !blocks.some((block) => exceptionFor(block) === one));
  expect(stale).toEqual([]);
  for (const { begins, instead } of exceptions)
    expect([begins, read(instead[0])]).toEqual([begins, expect.stringContaining(instead[1])]);
});

test('npm start is a server with one client', { timeout }, async () => {
  using bench = new Workbench();
  const started = await bench.run(`cd ${root} && npm start --silent`, 'start\nexpect completed ping\n');
  expect(started).toMatchObject({ exitCode: 0, printed: expect.stringContaining('w1: 2 ping completed') });
});
