import { z } from 'zod';

/** The commanding side of a contender. The other side is a process of `far.ts`. */
export interface Commander {
  /** Resolves when this many clients have connected. */
  joined(count: number): Promise<void>;
  /** One command to one client; `done` is called with its answer. */
  ask(done: () => void): void;
  /** Has one client run `true`; `done` is called when it has ended. Only for contenders that start programs. */
  runTrue?(done: () => void): void;
  /** One command to each client; resolves when all have answered. */
  gather(): Promise<unknown>;
  /**
   * Asks each client once per second, and does nothing else, until `signal`. A contender with its own heartbeats does
   * nothing here.
   */
  beat(signal: AbortSignal): void;
  /**
   * Deletes old jobs of its store until it holds a number of bytes; resolves when that is done. Only for contenders
   * with a store.
   */
  prune?(): Promise<void>;
}

/** Where a server keeps its jobs: in a file, or at the address of a database. */
const storePlaceSchema = z.strictObject({
  address: z.string(),
  sync: z.enum(['normal', 'full']).optional(),
  /** The events that three rules of notifications report. */
  told: z.enum(['failures', 'everything']).optional(),
  /** The amount that pruning keeps. */
  keepBytes: z.number().optional(),
});
export type StorePlace = z.infer<typeof storePlaceSchema>;

/** The loopback address of a contender, and the folder of its keys and its store, if it has any. */
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
