import type { TestProject } from 'vitest/node';
import { engine } from './support/engine.ts';
import { makeTinyImage } from './support/tiny-image.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no test can use an engine here; undefined if one runs containers. */
    noEngine: string | undefined;
  }
}

/** Looks for an engine, and makes the image of the tests there. */
export async function setup({ provide }: TestProject): Promise<void> {
  try {
    await engine.docker('info');
    await makeTinyImage(engine);
    provide('noEngine', undefined);
  } catch (error) {
    const cause = error instanceof Error ? error.message.split('\n').at(-1) : String(error);
    process.stdout.write(`\n*** SKIPPED: CONTAINERS ARE NOT TESTED HERE: ${cause}\n\n`);
    provide('noEngine', cause);
  }
}
