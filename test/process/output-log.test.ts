import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutputStream } from '../../src/process/options.ts';
import { OutputLog } from '../../src/process/output-log.ts';
import { readOutput } from '../../src/process/output-reader.ts';

const stream = fc.constantFrom<OutputStream>('stdout', 'stderr');
const writes = fc.array(fc.record({ stream, length: fc.integer({ min: 1, max: 9_000 }) }), { maxLength: 30 });

test('whatever is written, a reader from any offset gets each byte once or is told that it is gone', async () => {
  await fc.assert(
    fc.asyncProperty(writes, stream, fc.nat(100_000), async (all, wanted, anywhere) => {
      const log = new OutputLog({ maxBytes: 20_000, directory: tmpdir() });
      const given: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
      for (const [index, { stream: to, length }] of all.entries()) {
        const data = Buffer.alloc(length, index + 1);
        given[to].push(data);
        log.append(to, data);
      }
      await Promise.all([log.end('stdout'), log.end('stderr')]);
      const expected = Buffer.concat(given[wanted]);
      const from = anywhere % (expected.length + 1);
      let offset = from;
      let missed = 0;
      for await (const piece of readOutput(log, { stream: wanted, from, maxBytes: 1_000 })) {
        expect(piece.offset).toBe(offset);
        if (piece.type === 'gap') missed += piece.bytes;
        else expect(piece.data.equals(expected.subarray(offset, offset + piece.data.length))).toBe(true);
        offset += piece.type === 'gap' ? piece.bytes : piece.data.length;
      }
      const kept = log.kept(wanted);
      expect(offset).toBe(expected.length);
      expect(missed).toBe(Math.max(0, kept.start - from));
      expect(log.kept('stdout').end - log.kept('stdout').start).toBeLessThanOrEqual(20_000);
      await log.close();
    }),
    { numRuns: 60 },
  );
});
