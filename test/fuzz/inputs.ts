import { createRandom, type Random } from '../support/random.ts';
import { changeBytes, randomBytes } from './bytes.ts';
import { type Aim, type Corpus, corpora } from './corpus.ts';
import { changeMessages } from './messages.ts';

export const kinds = ['random bytes', 'bytes changed', 'messages changed'] as const;
export type Kind = (typeof kinds)[number];

export interface Input {
  readonly kind: Kind;
  readonly bytes: Buffer;
}

export type Direction = 'fromClient' | 'fromServer';

/** Hostile frames by number: the same for the same seed, in any order of access. */
export class Inputs {
  private readonly seed: number;
  private readonly corpora: Record<Direction, Corpus>;

  constructor(seed: number, aim: Aim = (message) => message) {
    this.seed = seed;
    this.corpora = corpora({ seed, random: createRandom(seed), aim });
  }

  /** @param direction of the original frame; by default every second one is of a server. */
  at(index: number, direction: Direction = index % 2 === 0 ? 'fromClient' : 'fromServer'): Input {
    const random = createRandom(this.seed + index * 2_654_435_761);
    const corpus = this.corpora[direction];
    const share = random.int(0, 9);
    if (share === 0) return { kind: 'random bytes', bytes: randomBytes(random) };
    if (share < 5) return { kind: 'bytes changed', bytes: changedBytes(corpus, random) };
    return { kind: 'messages changed', bytes: changeMessages(corpus, random) };
  }

  /** A readable frame that no peer should send. */
  valid(index: number, direction: Direction): Buffer {
    return createRandom(this.seed + index * 2_654_435_761).pick(this.corpora[direction].frames);
  }
}

function changedBytes(corpus: Corpus, random: Random): Buffer {
  return changeBytes(random.pick(corpus.frames), random, random.pick(corpus.frames));
}

/** A frame as it is sent; one in twenty as a message of several parts, which neither side may accept. */
export function inParts(frame: Buffer, random: Random): Buffer | Buffer[] {
  if (random.int(0, 19) > 0) return frame;
  const at = random.int(0, frame.length);
  const more = Array.from({ length: random.pick([0, 0, 0, 20]) }, () => Buffer.alloc(random.int(0, 1)));
  return [frame.subarray(0, at), frame.subarray(at), ...more];
}
