import { SignalboxError, type TraceSpan } from '../../../index.ts';

/** Runs work and ends its span. */
export async function traced<Value>(span: TraceSpan | undefined, work: () => Promise<Value>): Promise<Value> {
  try {
    const value = await work();
    span?.end();
    return value;
  } catch (error) {
    span?.end(error instanceof SignalboxError ? error.code : 'internal');
    throw error;
  }
}
