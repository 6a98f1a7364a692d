import { once } from 'node:events';
import { z } from 'zod';
import { defineCommand, type Implementation, implement, type JobContext } from '../../src/index.ts';
import { Changes } from './changes.ts';

/** Work whose every step a test decides: its start, its wait and its end. */
export const stepwise = defineCommand({
  name: 'stepwise',
  summary: 'Do what the test says.',
  args: z.strictObject({ label: z.string() }),
  result: z.strictObject({ label: z.string(), length: z.int() }),
  example: 'stepwise a',
  takesSignals: true,
});

interface Begun {
  readonly label: string;
  readonly job: JobContext;
  /** Completes it. */
  end(): void;
  fail(error: unknown): void;
}

export interface Steps {
  readonly implementation: Implementation;
  /** All started jobs, in order. */
  readonly begun: Begun[];
  /** The `count`th started job, once it has started. */
  begins(count?: number): Promise<Begun>;
}

/** An implementation of `stepwise` that a test controls. It ends when its signal aborts. */
export function createSteps(): Steps {
  const begun: Begun[] = [];
  const changes = new Changes();
  const implementation = implement(stepwise, async ({ label }, job) => {
    const gate = Promise.withResolvers<void>();
    begun.push({ label, job, end: gate.resolve, fail: gate.reject });
    changes.tell();
    const ended = once(job.signal, 'abort').then(() => Promise.reject(job.signal.reason));
    await Promise.race([gate.promise, job.signal.aborted ? Promise.reject(job.signal.reason) : ended]);
    return { label, length: label.length };
  });
  return {
    implementation,
    begun,
    begins: (count = 1) => changes.until(() => begun[count - 1]),
  };
}
