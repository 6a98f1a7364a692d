import type { Received } from '../../../../src/plugins/check/kafka/received.ts';
import type { Source } from '../../../../src/plugins/check/writer/writer.ts';

/** Batches in order, and then nothing until the signal aborts. Calls are recorded. */
export class ScriptedSource implements Source {
  readonly calls: string[];
  private readonly batches: (readonly Received[] | Error)[];
  private readonly onEmpty: () => void;

  constructor(batches: readonly (readonly Received[] | Error)[], calls: string[], onEmpty = (): void => {}) {
    this.batches = [...batches];
    this.calls = calls;
    this.onEmpty = onEmpty;
  }

  async next(max: number, signal: AbortSignal): Promise<readonly Received[]> {
    const batch = this.batches.shift();
    if (batch instanceof Error) throw batch;
    if (batch) return batch.slice(0, max);
    this.onEmpty();
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return [];
  }

  async commit(messages: readonly Received[]): Promise<void> {
    this.calls.push(`commit ${messages.length}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.calls.push('leave');
  }
}
