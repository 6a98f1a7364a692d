import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import type { StoredDecision } from '../plugin/schedule-calls.ts';
import type { Collection, Entry } from '../store/collection.ts';
import type { Collections } from './run-store.ts';
import type { Schedule } from './schedules.ts';

const keptDecisions = 100;

const stateSchema = z.object({
  /** Its trigger as JSON. If it differs, the schedule begins again. */
  trigger: z.string(),
  /** All times up to this one are decided. */
  decidedMs: z.number(),
  paused: z.object({ actor: z.string(), atMs: z.number() }).optional(),
  /** Planned time of a run that waits for earlier runs. */
  queuedMs: z.number().optional(),
  /** Runs that wait for earlier runs of the same client: the times of its changes. */
  queuedFor: z.record(z.string(), z.number()).optional(),
  /** Past times for which somebody has requested runs that have not started yet. */
  backfill: z.object({ actor: z.string(), leftMs: z.array(z.number()) }).optional(),
  decisions: z.array(z.custom<StoredDecision>()),
});
export type State = z.output<typeof stateSchema>;

/** The stored states of schedules. */
export class ScheduleStates {
  private readonly states: Collection<State>;

  constructor(collections: Collections) {
    this.states = collections('workflow-schedules');
  }

  /** Its stored state, or a new one if it is new or was edited (`isChanged`). */
  async of({ name, trigger }: Schedule): Promise<{ entry: Entry<State>; isChanged: boolean }> {
    const text = JSON.stringify(trigger);
    for (;;) {
      const entry = await this.states.get(name);
      if (entry && entry.value.trigger === text)
        return { entry: { ...entry, value: stateSchema.parse(entry.value) }, isChanged: false };
      const begun = { decisions: [], ...entry?.value, trigger: text, decidedMs: Date.now() };
      const made = entry
        ? await this.states.compareAndSet(name, entry.version, begun)
        : await this.states.putIfAbsent(name, begun);
      if (made) return { entry: made, isChanged: entry !== undefined };
    }
  }

  async write(name: string, version: number, state: State): Promise<Entry<State>> {
    const written = await this.states.compareAndSet(name, version, state);
    if (written) return written;
    throw new SignalboxError('store_in_use', `another server runs the schedule ${name}`);
  }
}

export const kept = (state: State, decision: StoredDecision): State => ({
  ...state,
  decisions: [...state.decisions, decision].slice(-keptDecisions),
});
