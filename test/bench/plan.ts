/** The amount of each measurement. */
export interface Plan {
  readonly rounds: number;
  /** One command after another, and with this many outstanding. */
  readonly outstanding: readonly number[];
  readonly exchangeMs: number;
  /** Broadcasts go to this many clients, in increasing order; earlier clients stay. */
  readonly clients: readonly number[];
  readonly broadcastRounds: number;
  readonly idleMs: number;
  readonly idleRounds: number;
  /** Clients in a process of their own. */
  readonly processes: number;
  readonly gatherRounds: number;
  /** The number of commands before the memory of a client and a server is measured again. */
  readonly commands: number;
  readonly growthRounds: number;
  /** The wait before memory is measured. It does not change afterwards: an idle Node collects nothing. */
  readonly settleMs: number;
  /** Programs in a round. */
  readonly runs: number;
  readonly startRounds: number;
  /** Uncounted starts first: they fill the caches of the file system. */
  readonly startWarmUps: number;
  /** Messages in a frame. */
  readonly frames: readonly number[];
  readonly codecMs: number;
  /** Commands outstanding with each store. */
  readonly storeOutstanding: readonly number[];
  /** Commands outstanding with notifications, and without. */
  readonly notifyOutstanding: readonly number[];
  /** Jobs in the store that is halved. */
  readonly storedJobs: number;
  /** How long the lag is measured before. */
  readonly lagMs: number;
  /** Lines of a script in a round. */
  readonly scriptLines: number;
  readonly scriptRounds: number;
  /** Containers in a round. */
  readonly containers: number;
  readonly containerRounds: number;
  /** Running at a time, while the lag of their client is measured. */
  readonly runningContainers: number;
}

/** About eight minutes on two processors. */
export const fullPlan: Plan = {
  rounds: 5,
  outstanding: [1, 64, 1_024],
  exchangeMs: 600,
  clients: [100, 1_000, 3_000],
  broadcastRounds: 7,
  idleMs: 4_000,
  idleRounds: 3,
  processes: 20,
  gatherRounds: 50,
  commands: 100_000,
  growthRounds: 3,
  settleMs: 2_000,
  runs: 100,
  startRounds: 7,
  startWarmUps: 1,
  frames: [1, 64],
  codecMs: 150,
  storeOutstanding: [1, 64, 4_096],
  notifyOutstanding: [1, 64],
  storedJobs: 100_000,
  lagMs: 3_000,
  scriptLines: 2_000,
  scriptRounds: 5,
  containers: 20,
  containerRounds: 5,
  runningContainers: 100,
};

/** Shows that everything works; its figures mean nothing. */
export const quickPlan: Plan = {
  ...fullPlan,
  rounds: 1,
  exchangeMs: 30,
  clients: [2, 4],
  broadcastRounds: 1,
  idleMs: 100,
  idleRounds: 1,
  processes: 2,
  gatherRounds: 1,
  commands: 200,
  growthRounds: 1,
  settleMs: 50,
  runs: 5,
  startRounds: 1,
  startWarmUps: 0,
  codecMs: 10,
  storedJobs: 1_000,
  lagMs: 100,
  scriptLines: 10,
  scriptRounds: 1,
  containers: 2,
  containerRounds: 1,
  runningContainers: 2,
};
