import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callSchedule, type ScheduleView } from '../../src/plugin/schedule-calls.ts';
import { callWorkflow, type RunView } from '../../src/plugin/workflow-calls.ts';
import type { Collection } from '../../src/store/collection.ts';
import { createMemoryCollection } from '../../src/store/memory/memory-collection.ts';
import { definitionSchema, spelledOut } from '../../src/workflow/definition.ts';
import type { Collections } from '../../src/workflow/run-store.ts';
import { newFolder } from '../support/new-folder.ts';
import type { FlowScene } from './in-process.ts';

export const hourMs = 3_600_000;
export const asking = '{ a: { do: "@w1 run true", approve: "Go on?" } }';

/** A folder with one workflow, and a store in which its schedule was decided this many hours ago. */
export function scene(on: string, { tasks = '{ a: "@w1 run true" }', hoursAgo = 0, more = '' } = {}) {
  const folder = join(newFolder(), 'flows');
  mkdirSync(folder);
  const path = join(folder, 'flow.yaml');
  writeFileSync(path, `on: ${on}\n${more}tasks: ${tasks}\n`);
  const kept = new Map<string, Collection<never>>();
  const collections: Collections = (name) => {
    const found = kept.get(name) ?? createMemoryCollection<never>();
    kept.set(name, found);
    return found as never;
  };
  const begin = async (trigger: object, state: object = {}) => {
    const [parsed] = definitionSchema.parse(spelledOut({ on: trigger, tasks: { a: 'ping' } })).on;
    // Halfway between two full hours.
    const decidedMs = (Math.floor(Date.now() / hourMs) - hoursAgo) * hourMs - hourMs / 2;
    await collections('workflow-schedules').putIfAbsent('flow/1', {
      ...{ trigger: JSON.stringify(parsed), decidedMs, decisions: [], ...state },
    } as never);
  };
  return { folder, path, collections, begin };
}

export const runsOf = async ({ server }: FlowScene): Promise<RunView[]> =>
  (await callWorkflow(server, 'list', { limit: 100 })).runs;

/** The schedule, once this holds for it. */
export async function scheduleWhen(
  { server }: FlowScene,
  isWanted: (view: ScheduleView) => boolean,
  schedule = 'flow/1',
): Promise<ScheduleView> {
  for (;;) {
    const [only] = (await callSchedule(server, 'show', { schedule })).schedules;
    if (only && isWanted(only)) return only;
    await new Promise(setImmediate);
  }
}

export const decided = (flows: FlowScene, count: number): Promise<ScheduleView> =>
  scheduleWhen(flows, ({ decisions }) => decisions.length >= count);
