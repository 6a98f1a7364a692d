import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Queue } from '../src/queue.ts';

const steps = fc.array(fc.oneof(fc.record({ push: fc.nat(3_000) }), fc.record({ shift: fc.nat(3_000) })), {
  maxLength: 20,
});

test('a queue returns the same as an array, however much it has held', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const [queue, array] = [new Queue<number>(), [] as number[]];
      let next = 0;
      for (const step of taken) {
        const pushes = 'push' in step ? step.push : 0;
        for (const end = next + pushes; next < end; next += 1) {
          queue.push(next);
          array.push(next);
        }
        const shifted = 'shift' in step ? Array.from({ length: step.shift }, () => queue.shift()) : [];
        expect(shifted).toStrictEqual(
          [...array.splice(0, shifted.length), ...shifted.map(() => undefined)].slice(0, shifted.length),
        );
        expect([queue.length, queue.first, queue.last, queue.at(1)]).toStrictEqual([
          array.length,
          array[0],
          array.at(-1),
          array[1],
        ]);
        expect([...queue]).toStrictEqual(array);
      }
      queue.clear();
      expect([queue.length, queue.first, queue.last, [...queue]]).toStrictEqual([0, undefined, undefined, []]);
    }),
    { numRuns: 50 },
  );
});
