import fc from 'fast-check';
import { Packr } from 'msgpackr';
import type { FromClient, FromServer } from '../../schemas/index.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import type { Random } from '../support/random.ts';
import { messagesOfClient, messagesOfServer } from '../wire/message-arbitraries.ts';

const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** Valid messages of one direction, as they travel (arrays, or maps), and frames of one to eight of them. */
export interface Corpus {
  readonly messages: readonly [unknown, ...unknown[]];
  readonly frames: readonly [Buffer, ...Buffer[]];
}

/** Makes a valid message meaningful to its reader: ids that it knows, names that are taken. */
export type Aim = (message: FromClient | FromServer, random: Random) => FromClient | FromServer;

const ofEachType = 40;

function corpus(
  byType: Record<string, fc.Arbitrary<FromClient | FromServer>>,
  { seed, random, aim }: { seed: number; random: Random; aim: Aim },
): Corpus {
  const samples = Object.values(byType).flatMap((message) => fc.sample(message, { seed, numRuns: ofEachType }));
  const encoded = samples.map((message) => encodeMessage(aim(message, random)));
  const [first, ...rest] = encoded.map(({ alone }) => (packr.unpack(alone) as unknown[])[0]);
  const frame = () =>
    encodeFrame(
      Array.from({ length: random.int(1, 8) }, () => encoded[random.int(0, encoded.length - 1)]).filter(
        (one) => one !== undefined,
      ),
    );
  return { messages: [first, ...rest], frames: [frame(), ...Array.from({ length: 400 }, frame)] };
}

/** The frames that are mutated: the same for the same seed. */
export function corpora(options: { seed: number; random: Random; aim: Aim }): {
  fromClient: Corpus;
  fromServer: Corpus;
} {
  return { fromClient: corpus(messagesOfClient, options), fromServer: corpus(messagesOfServer, options) };
}
