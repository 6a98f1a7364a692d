/** How much is measured. */
export interface Plan {
  readonly rounds: number;
  /** One command after another, and with so many outstanding. */
  readonly outstanding: readonly number[];
  readonly exchangeMs: number;
  /** Broadcasts go to so many clients: from few to many, those of before stay. */
  readonly clients: readonly number[];
  readonly gatherRounds: number;
  readonly idleMs: number;
  readonly startRounds: number;
  /** Starts before those that count: they fill the caches of the file system. */
  readonly startWarmUps: number;
  /** Messages in a frame. */
  readonly frames: readonly number[];
  readonly codecMs: number;
}

/** Under three minutes on two processors. */
export const fullPlan: Plan = {
  rounds: 5,
  outstanding: [1, 64, 1_024],
  exchangeMs: 600,
  clients: [100, 1_000, 3_000],
  gatherRounds: 7,
  idleMs: 5_000,
  startRounds: 5,
  startWarmUps: 1,
  frames: [1, 64],
  codecMs: 150,
};

/** Shows that all of it works; its figures say nothing. */
export const quickPlan: Plan = {
  ...fullPlan,
  rounds: 1,
  exchangeMs: 30,
  clients: [2, 4],
  gatherRounds: 1,
  idleMs: 100,
  startRounds: 1,
  startWarmUps: 0,
  codecMs: 10,
};
