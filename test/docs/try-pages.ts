import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from '../api/python-caller.ts';
import { freePort } from '../support/free-port.ts';
import { type Block, blocksOf } from './markdown.ts';
import { notPrinted } from './shape.ts';
import { isQuoted, treatmentOf } from './treatment.ts';
import { onThisMachine, type Ports, type Run, Workbench } from './workbench.ts';

const timeout = 90_000;
const has = (program: string) => {
  try {
    return execFileSync('which', [program]).length > 0;
  } catch {
    return false;
  }
};
const missing = [...['jq', 'curl'].filter((program) => !has(program)), ...(python ? [] : ['python3 with grpc'])];
/** `box` of docs/api.md is a script around curl. */
const uses = ({ text }: Block, program: string) =>
  text.includes(`${program.split(' ', 1)} `) || (program === 'curl' && /\.\/(tls-)?box /.test(text));
const needs = (block: Block) => missing.find((program) => uses(block, program));
const toTry = (page: string) => blocksOf(page).filter((block) => treatmentOf(block) !== 'exception');
/** The file that a program on a page is put into. */
export const fileOf = (block: Block) => `${block.page.replaceAll(/\W/g, '-')}-${block.line}.ts`;

/** Each line in a terminal of its own: those that end by themselves one after the other, servers and clients beside them. */
async function inTerminals(bench: Workbench, block: Block, ports: Ports): Promise<void> {
  await using ends = new AsyncDisposableStack();
  const script = onThisMachine(block.text, ports);
  const lines = script.split('\n').map((line) => line.replace(/\s+#.*/, ''));
  const stays = (line: string) => /signalbox (server|client) /.test(line);
  for (const line of lines.filter((one) => !stays(one))) expect(await bench.run(line)).toMatchObject({ exitCode: 0 });
  const programs = lines.filter(stays).map((line) => ({ line, program: ends.use(bench.start(line)) }));
  const clients = programs.filter(({ line }) => line.includes('signalbox client')).length;
  const server = programs.find(({ line }) => line.includes('signalbox server'))?.program;
  const arrivals = clients > 0 ? [`wait --clients ${clients}`] : [];
  server?.type(...arrivals, 'start', 'expect completed ping', 'terminate').end();
  for (const { line, program } of programs) {
    expect({ line, exitCode: await program.exitCode(), said: program.err }).toMatchObject({ line, exitCode: 0 });
  }
}

/** Tests that carry out each block of these pages. */
export function tryPages(pages: readonly string[]): void {
  describe.each(pages.filter((page) => toTry(page).length > 0))('%s', tryPage);
}

function tryPage(page: string): void {
  let bench: Workbench;
  /** What the block before has printed; or that it was skipped. */
  let last: Run | 'skipped' | undefined;
  /** Those of the page: what a block has started may be used by the next. */
  let ports: Ports;
  beforeAll(async () => {
    bench = new Workbench();
    ports = { clients: await freePort(), operators: await freePort() };
  });
  afterAll(() => bench[Symbol.dispose]());

  async function tryOut(block: Block): Promise<Run> {
    const script = onThisMachine(block.text, ports);
    if (treatmentOf(block) === 'shell') return await bench.run(script);
    if (treatmentOf(block) === 'commands') return await bench.run('signalbox server --spawn 3', `${script}\n`);
    if (treatmentOf(block) === 'file') {
      const [, name = ''] = block.directive?.split(' ') ?? [];
      mkdirSync(dirname(join(bench.folder, name)), { recursive: true });
      writeFileSync(join(bench.folder, name), `${script}\n`);
      return await bench.run(`signalbox workflow check ${name}`);
    }
    writeFileSync(join(bench.folder, fileOf(block)), script);
    return await bench.run(`node ${fileOf(block)}`);
  }

  test.for(toTry(page))('line $line does what it says: $begins', { timeout }, async (block, { skip }) => {
    const treatment = treatmentOf(block);
    const absent = needs(block);
    if (absent !== undefined) {
      last = 'skipped';
      return skip(`there is no ${absent} here`);
    }
    if (treatment === 'quote') return expect(isQuoted(block), `${block.directive}, as it stands`).toBe(true);
    if (treatment === 'output') {
      if (last === 'skipped') return skip('what prints it was skipped');
      return expect(notPrinted(block.text, last?.printed ?? ''), last?.printed).toEqual([]);
    }
    last = undefined;
    if (treatment === 'terminals') return await inTerminals(bench, block, ports);
    expect(treatment, 'a block that nothing runs: see test/docs/treatment.ts').not.toBe('nothing');
    last = await tryOut(block);
    expect(last).toMatchObject({ exitCode: 0 });
  });
}
