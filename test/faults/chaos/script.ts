import type { Random } from '../../support/random.ts';

/**
 * A line of the script. The job of a `cancel` is known only when the line is typed: the one sent `back` commands ago.
 */
export type ScriptLine = { readonly text: string; readonly sends: boolean } | { readonly cancelBack: number };

export const clientNames = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6', 'w7', 'w8'] as const;

/** The endless script of a seed: lines as a hurried operator types them. */
export function* createScript(random: Random): Generator<ScriptLine, never> {
  for (;;) {
    if (random.int(1, 2) === 1) yield { text: `sleep ${random.int(1, 40)}ms`, sends: false };
    const dice = random.int(1, 100);
    if (dice <= 30) yield send(`${target(random)} ping${expires(random)}`);
    else if (dice <= 65) yield send(`${target(random)} calculate ${random.int(0, 300) / 1000} short${limits(random)}`);
    else if (dice <= 73)
      yield send(`${target(random)} calculate ${random.int(500, 3_000) / 1000} long${limits(random)}`);
    else if (dice <= 78) yield send(`${target(random)} calculate 0.2 "chatter ${random.int(1, 120)}"`);
    else if (dice <= 85) yield send('@all ping');
    else if (dice <= 95) {
      yield send(`${target(random)} calculate ${random.int(0, 2_000) / 1000} cancelled`);
      if (random.int(1, 2) === 1) yield { text: `sleep ${random.int(1, 100)}ms`, sends: false };
      yield { cancelBack: random.int(0, 1) };
    } else {
      yield send(`@${random.pick(clientNames)} stop`);
      yield send(`${target(random)} ping`);
      yield send('@all start');
    }
  }
}

const send = (text: string): ScriptLine => ({ text, sends: true });

function target(random: Random): string {
  const dice = random.int(1, 10);
  if (dice <= 4) return `@${random.pick(clientNames)}`;
  if (dice <= 7) return random.pick(['@w[1-4]', '@w[5-8]', '@w?', '@w1,w3,w8']);
  return '@all';
}

const expires = (random: Random): string => (random.int(1, 4) === 1 ? ` --expires ${random.int(1, 150)}ms` : '');

const limits = (random: Random): string =>
  random.int(1, 5) === 1 ? ` --timeout ${random.int(50, 500)}ms` : expires(random);
