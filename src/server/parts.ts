import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Taken } from '../store/job-store.ts';
import type { TargetGroup } from '../target-groups.ts';
import type { Listener } from '../wire/listener.ts';
import type { Door } from './admission/door.ts';
import type { Refusals } from './admission/refusals.ts';
import type { EventBus } from './event-bus.ts';
import type { StoreHealth } from './store-health.ts';

/** The parts of a server that `createServer` opens. */
export interface Parts {
  readonly bootId: string;
  readonly listener: Listener;
  readonly events: EventBus;
  readonly faults: FaultReports;
  readonly refusals: Refusals;
  readonly door: Door | undefined;
  /** The initial contents of the store. */
  readonly taken: Taken | undefined;
  readonly health: StoreHealth;
  readonly groups: ReadonlyMap<string, TargetGroup>;
}
