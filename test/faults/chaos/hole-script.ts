import type { Random } from '../../support/random.ts';
import type { World } from './world.ts';

/** A word that no other command of the run has. */
const label = /\bn\d+\b/;

/** Lines for a server that is about to be killed: short and long work, on one client and on all. */
export function holeLines(world: World, random: Random, count: number, names = world.names): string[] {
  return Array.from({ length: count }, () => {
    const dice = random.int(1, 100);
    const one = `@${names[random.int(0, names.length - 1)]}`;
    world.labels += 1;
    const word = `n${world.labels}`;
    if (dice <= 35) return `${one} calculate ${random.int(0, 60) / 1_000} ${word}`;
    if (dice <= 60) return `@all calculate ${random.int(0, 100) / 1_000} ${word}`;
    if (dice <= 75) return `${one} calculate ${random.int(300, 1_500) / 1_000} ${word}`;
    if (dice <= 85) return `${one} calculate 0.02 ${word} --expires 30s`;
    if (dice <= 95) return `${one} calculate 0.05 "chatter ${random.int(1, 40)}"`;
    return `sleep ${random.int(1, 60)}ms`;
  });
}

export const labelOf = (line: string): string | undefined => label.exec(line)?.[0];
