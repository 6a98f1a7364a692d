import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';

/** The size of one piece in bytes: less than the credit of a stream. */
const pieceBytes = 200_000;

export const flood = defineCommand({
  name: 'flood',
  summary: 'Print lines, a piece each time that it is asked for.',
  args: z.strictObject({}),
  result: z.null(),
  example: 'flood',
});

/** A job that prints until it is ended, as fast as its output is taken. */
export class Flood {
  /** The number of printed bytes. */
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
