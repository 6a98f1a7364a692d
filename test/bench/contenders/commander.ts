import { z } from 'zod';

/** The side of a contender that commands. What it says to is a process of `far.ts`. */
export interface Commander {
  /** Resolves when so many clients have come. */
  joined(count: number): Promise<void>;
  /** One command to one client; `done` is called with its answer. */
  ask(done: () => void): void;
  /** Has one client run `true`; `done` is called when it has ended. Only where programs can be started. */
  runTrue?(done: () => void): void;
  /** One command to each client; resolves when all have answered. */
  gather(): Promise<unknown>;
  /** Asks each client once in each second, and does nothing else, until `signal`. What does so by itself has nothing to do here. */
  beat(signal: AbortSignal): void;
  /** Deletes old jobs of its store until it holds a number of bytes; resolves when that is done. Only where it has a store. */
  prune?(): Promise<void>;
}

/** Where a server keeps its jobs: in a file, or at the address of a database. */
const storePlaceSchema = z.strictObject({
  address: z.string(),
  sync: z.enum(['normal', 'full']).optional(),
  /** What three rules of notifications tell. */
  told: z.enum(['failures', 'everything']).optional(),
  /** What is kept when it is told to prune. */
  keepBytes: z.number().optional(),
});
export type StorePlace = z.infer<typeof storePlaceSchema>;

/** Where a contender listens, on loopback, and the folder of its keys and its store, if it has any. */
export const placeSchema = z.strictObject({
  port: z.number(),
  keys: z.string().optional(),
  store: storePlaceSchema.optional(),
});
export type Place = z.infer<typeof placeSchema>;

/** Clients of a contender, all in one process. */
export interface Fleet {
  readonly port: number;
  readonly credentials?: string | undefined;
  /** Client names are this and a number from 1. */
  readonly name: string;
  readonly count: number;
}
