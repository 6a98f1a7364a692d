import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ProcessHandle } from '../../src/process/index.ts';
import { newFolder } from '../support/new-folder.ts';
import { start } from '../support/start-process.ts';

const size = 67_108_864;

test('fifty readers of 64 MiB of random bytes, slow, late and after the end, all get the same bytes', async () => {
  const folder = newFolder();
  const data = randomBytes(size);
  await writeFile(join(folder, 'data'), data);

  const job = await start({ argv: ['cat', join(folder, 'data')] });
  const quick = Array.from({ length: 20 }, () => readSame(job, data));
  const slow = Array.from({ length: 10 }, () => readSame(job, data, () => turn()));
  const late = Array.from({ length: 10 }, async (_, index) => {
    await untilOutput(job, (index * size) / 10);
    return readSame(job, data);
  });
  const held = holdAt(job, data, 1_000_000);
  expect(await job.exited).toMatchObject({ exitCode: 0, outputBytes: size });
  const after = Array.from({ length: 9 }, () => readSame(job, data));
  const sizes = await Promise.all([...quick, ...slow, ...late, ...after, held()]);
  expect(sizes).toEqual(Array.from({ length: 50 }, () => size));
}, 120_000);

/** @returns the number of equal bytes, in order and without a gap. */
async function readSame(job: ProcessHandle, data: Buffer, between = async (): Promise<void> => {}): Promise<number> {
  let same = 0;
  for await (const piece of job.output()) {
    if (piece.type === 'gap' || piece.offset !== same) break;
    if (!piece.data.equals(data.subarray(same, same + piece.data.length))) break;
    same += piece.data.length;
    await between();
  }
  return same;
}

async function untilOutput(job: ProcessHandle, from: number): Promise<void> {
  for await (const _ of job.output({ from: Math.floor(from) })) return;
}

/** A reader that stops at an offset, and continues when it is called. */
function holdAt(job: ProcessHandle, data: Buffer, offset: number): () => Promise<number> {
  const go = Promise.withResolvers<void>();
  let seen = 0;
  const reading = readSame(job, data, () => {
    seen += 1;
    return seen * 65_536 > offset ? go.promise : Promise.resolve();
  });
  return () => {
    go.resolve();
    return reading;
  };
}
