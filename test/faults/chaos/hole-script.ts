import type { Random } from '../../support/random.ts';

/** Lines for a server that is about to be killed: short and long work, on one client and on all. */
export function holeLines(random: Random, names: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => {
    const dice = random.int(1, 100);
    const one = `@${names[random.int(0, names.length - 1)]}`;
    if (dice <= 35) return `${one} calculate ${random.int(0, 60) / 1_000} short`;
    if (dice <= 60) return `@all calculate ${random.int(0, 100) / 1_000} all`;
    if (dice <= 75) return `${one} calculate ${random.int(300, 1_500) / 1_000} long`;
    if (dice <= 85) return `${one} calculate 0.02 waits --expires 30s`;
    if (dice <= 95) return `${one} calculate 0.05 "chatter ${random.int(1, 40)}"`;
    return `sleep ${random.int(1, 60)}ms`;
  });
}
