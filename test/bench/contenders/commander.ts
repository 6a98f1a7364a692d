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
}

/** Where a contender listens, on loopback, and the folder of its keys, if it has any. */
export interface Place {
  readonly port: number;
  readonly keys?: string | undefined;
}

/** Clients of a contender, all in one process. */
export interface Fleet {
  readonly port: number;
  readonly credentials?: string | undefined;
  /** Client names are this and a number from 1. */
  readonly name: string;
  readonly count: number;
}
