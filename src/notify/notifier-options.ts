import type { Channel } from '../plugin/channel.ts';
import type { Server } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import type { TargetGroup } from '../target-groups.ts';
import type { WallClock } from './clock.ts';
import type { Delivery } from './message.ts';
import type { Rule } from './rule.ts';

/** Rules and channels of a configuration. */
export interface Notifying {
  readonly rules: readonly Rule[];
  /** By name. */
  readonly channels: ReadonlyMap<string, Channel>;
}

export interface NotifierOptions {
  readonly server: Server;
  /** A durable store. */
  readonly log: Pick<JobStore, 'events'>;
  /** Target groups by name. */
  readonly groups: ReadonlyMap<string, TargetGroup>;
  /** A client that is away for longer than this is gone, in ms. */
  readonly lostAfterMs: number;
  readonly warn: (sentence: string) => void;
  readonly onAttempt?: (channel: string, state: Delivery['state']) => void;
  /** Default: the clock of this machine. */
  readonly clock?: WallClock;
  readonly random?: () => number;
}
