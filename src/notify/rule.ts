import { createHash } from 'node:crypto';
import type { GroupField, NotifyRuleDefinition } from '../../schemas/notify.ts';
import { globMatcher } from '../glob.ts';
import { type ClientMatcher, createClientMatcher } from '../operators/client-matcher.ts';
import { parseDuration } from '../shell/parse/duration.ts';
import type { TargetGroup } from '../target-groups.ts';
import type { Note } from './note.ts';

type Labels = Readonly<Record<string, string>>;

/** The filters of a rule. */
export type NoteFilter = Pick<NotifyRuleDefinition, 'command' | 'target' | 'outcome' | 'actor' | 'workflow' | 'check'>;

export type Matches = (note: Note, labelsOf: (client: string) => Labels) => boolean;

/** A rule of the configuration. */
export interface Rule {
  /** A digest of its definition: stored groups and subjects belong to the rule until it is changed. */
  readonly id: string;
  /** Position in the configuration, from 1. */
  readonly number: number;
  readonly on: ReadonlySet<string>;
  readonly filter: NoteFilter;
  readonly matches: Matches;
  readonly to: readonly string[];
  readonly after: number;
  readonly groupBy: readonly GroupField[];
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly include: ReadonlySet<string>;
  /** Whether it needs the submitter of a job, or labels of clients. */
  readonly needsActor: boolean;
  readonly needsLabels: boolean;
}

const [defaultWait, defaultInterval] = ['10s', '5m'];

/** @throws SignalboxError `bad_usage` for a target that is not valid. */
export function createRules(
  definitions: readonly NotifyRuleDefinition[],
  groups: ReadonlyMap<string, TargetGroup>,
): Rule[] {
  const times = new Map<string, number>();
  return definitions.map((definition, at) => {
    const digest = createHash('sha256').update(JSON.stringify(definition)).digest('base64url').slice(0, 16);
    const before = times.get(digest) ?? 0;
    times.set(digest, before + 1);
    const { on, to, after = 1, groupBy = [], groupWait, groupInterval, include = [], actor } = definition;
    return {
      id: before === 0 ? digest : `${digest}-${before}`,
      number: at + 1,
      on: new Set(on),
      filter: definition,
      matches: createFilter(definition, groups),
      ...{ to, after, groupBy },
      waitMs: parseDuration(groupWait ?? defaultWait) ?? 0,
      intervalMs: parseDuration(groupInterval ?? defaultInterval) ?? 0,
      include: new Set(include),
      needsActor: actor !== undefined || groupBy.includes('actor'),
      needsLabels: definition.target !== undefined,
    };
  });
}

/** @throws SignalboxError `bad_usage` for a target that is not valid. */
export function createFilter(filter: NoteFilter, groups: ReadonlyMap<string, TargetGroup>): Matches {
  const { target, outcome } = filter;
  const clients: ClientMatcher | undefined = target === undefined ? undefined : createClientMatcher(target, groups);
  const outcomes = outcome && new Set<string>(outcome);
  const names = (['command', 'actor', 'workflow', 'check'] as const).flatMap((field) => {
    const given = filter[field];
    if (given === undefined) return [];
    const any = [given].flat().map(globMatcher);
    return [(note: Note) => any.some((matches) => note[field] !== undefined && matches(note[field]))];
  });
  return (note, labelsOf) => {
    if (outcomes && !(note.outcome !== undefined && outcomes.has(note.outcome))) return false;
    if (!names.every((matches) => matches(note))) return false;
    if (!clients) return true;
    const { client, vouched } = note;
    return client !== undefined && clients.matches({ name: client, labels: { ...labelsOf(client), ...vouched } });
  };
}

/** Whether an event ends the series that a rule with `after` counts: a success, or the opposite of an event of the rule. */
export function isOpposite({ on }: Pick<Rule, 'on'>, { event, isGood }: Note): boolean {
  return isGood === true && (event !== 'job.reachable' || on.has('job.unreachable'));
}

/** The subject that `after` counts for; undefined for events that it cannot count. */
export function subjectOf({ event, command, client, workflow, schedule }: Note): string | undefined {
  if (event.startsWith('job.')) return `job ${command} ${client}`;
  if (event.startsWith('workflow.')) return `workflow ${workflow}`;
  if (event.startsWith('schedule.')) return `schedule ${schedule}`;
  return undefined;
}
