import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Hint, type HintContext, hintFor } from '../../src/shell/prompt/hint.ts';
import { Mirror } from '../../src/shell/prompt/mirror.ts';
import { knownTo } from '../../src/shell/prompt/prompt-frame.ts';
import type { Scene } from './in-process-shell.ts';

/** What a prompt over this scene knows about its server. */
export async function knownIn({ shell }: Pick<Scene, 'shell'>): Promise<HintContext> {
  const mirror = new Mirror(shell, () => {});
  await nextTurn();
  return knownTo(shell, mirror);
}

/** The hint for a line, after the server has answered the requests for it. */
export async function hintIn(scene: Pick<Scene, 'shell'>, line: string): Promise<Hint> {
  const known = await knownIn(scene);
  hintFor(line, known);
  await nextTurn();
  return hintFor(line, known);
}
