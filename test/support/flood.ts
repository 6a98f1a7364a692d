import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';

/** Bytes of one piece: less than the credit of a stream. */
const pieceBytes = 200_000;

export const flood = defineCommand({
  name: 'flood',
  summary: 'Print lines, a piece each time that it is asked for.',
  args: z.strictObject({}),
  result: z.null(),
  example: 'flood',
});

/** A job that prints until it is ended, no faster than somebody takes it. */
export class Flood {
  /** Bytes that it has printed. */
  bytes = 0;
  private wake = Promise.withResolvers<void>();
  private isOver = false;
  readonly implementation = implement(flood, async (_, job) => {
    for (;;) {
      await this.wake.promise;
      this.wake = Promise.withResolvers();
      if (this.isOver) return null;
      job.output('stdout', Buffer.alloc(pieceBytes, `${'x'.repeat(99)}\n`));
      this.bytes += pieceBytes;
    }
  });

  next(): void {
    this.wake.resolve();
  }

  end(): void {
    this.isOver = true;
    this.next();
  }
}
