import { z } from 'zod';
import { Program } from '../support/processes.ts';

const answerSchema = z.looseObject({
  tookMs: z.array(z.number()).default([]),
  counts: z.record(z.string(), z.number()).default({}),
  twice: z.number().optional(),
});
type Answer = z.infer<typeof answerSchema>;

/** A server in its own process that sends many commands at once: `commander.ts`. */
export class Commander extends Program {
  constructor(port: number) {
    super('commander', ['test/faults/commander.ts', '--bind', `tcp://127.0.0.1:${port}`]);
  }

  /** Gives an order; resolves with its answer. One of a kind at a time. */
  async order(kind: string, subject: string | number, amount = 0, timeoutMs = 60_000): Promise<Answer> {
    const from = this.log.lines.length;
    this.type(`${kind} ${subject} ${amount}`);
    const isAnswer = (line: { type: string; client?: string | undefined }) =>
      line.type === kind && line.client === String(subject);
    return answerSchema.parse(await this.log.until(`${kind} ${subject}`, isAnswer, { from, timeoutMs }));
  }
}
