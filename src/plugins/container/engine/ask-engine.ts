import type Docker from 'dockerode';
import type { Engine } from './engine.ts';
import { failureOf } from './failure.ts';

/** Calls the engine. @returns its answer. @throws the reason of `signal`; SignalboxError with a sentence, by default from `failureOf` */
export async function askEngine<Answer>(
  engine: Engine,
  signal: AbortSignal,
  ask: (docker: Docker) => Promise<Answer>,
  sentenceOf: (error: unknown) => Error = failureOf,
): Promise<Answer> {
  try {
    return await ask(await engine.docker());
  } catch (error) {
    signal.throwIfAborted();
    throw sentenceOf(error);
  }
}
