import type { Outcome } from '../../schemas/index.ts';
import { failedTasks } from '../failed-tasks.ts';
import type { Event } from '../jobs/events.ts';
import { oneLine } from './reason.ts';

/** Longer texts of plug-ins are cut. */
const maxTextBytes = 1_000;

type Labels = Readonly<Record<string, string>>;

/** The facts of an event that rules and messages use. */
export interface Note {
  /** Its name in rules. */
  readonly event: string;
  readonly atMs: number;
  /** Absent for events that are not in the log. */
  readonly seq?: number | undefined;
  /** A sentence for people. */
  readonly text: string;
  /** The sentence if the rule includes `error`. Default: `text`. */
  readonly textWithError?: string | undefined;
  readonly client?: string | undefined;
  readonly vouched?: Labels | undefined;
  readonly command?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** Exit code, or the code of the error. */
  readonly code?: number | string | undefined;
  readonly error?: string | undefined;
  readonly actor?: string | undefined;
  readonly workflow?: string | undefined;
  readonly run?: number | undefined;
  readonly schedule?: string | undefined;
  readonly check?: string | undefined;
  readonly job?: { readonly id: string; readonly number: number } | undefined;
  /** It can end what rules with `after` count for its subject. */
  readonly isGood?: true | undefined;
}

const opposites: Readonly<Record<string, string>> = {
  'job.reachable': 'job.unreachable',
  'workflow.completed': 'workflow.failed',
  'schedule.started': 'schedule.missed',
};

/** An event as rules see it: most events have no name in rules, some have two. */
export function notesOf(event: Event): Note[] {
  const { atMs, actor } = event;
  const seq = 'seq' in event ? event.seq : undefined;
  const stamp = { atMs, seq, actor };
  switch (event.type) {
    case 'job.submitted':
    case 'job.accepted':
    case 'job.unreachable':
    case 'job.reachable':
    case 'job.settled':
    case 'job.late':
      return [{ ...stamp, ...ofJob(event) }];
    case 'client.joined':
    case 'client.left':
    case 'client.expected':
    case 'client.forgotten': {
      const { client, vouched, type } = event;
      return [{ ...stamp, event: type, client, vouched, text: `${client} ${clientWords[type]}` }];
    }
    case 'client.refused': {
      const { client, address, error, type } = event;
      const who = client ?? address ?? 'an unknown client';
      return [{ ...stamp, event: type, client, code: error.code, text: `${who} was refused: ${error.code}` }];
    }
    case 'client.violation': {
      const { client, code, type } = event;
      return [
        { ...stamp, event: type, client, code, text: `${client ?? 'an unknown client'} broke the protocol: ${code}` },
      ];
    }
    case 'workflow.started':
    case 'workflow.asked':
    case 'workflow.answered': {
      const { workflow, run, type } = event;
      const words = `${workflow} (run ${run}) ${type.replace('workflow.', '').replace('asked', 'waits for an answer')}`;
      return [{ ...stamp, event: type, workflow, run, text: words, ...goodOf(type) }];
    }
    case 'workflow.ended': {
      const { workflow, run, outcome, failed = [], moreFailed = 0 } = event;
      const name = `workflow.${outcome}`;
      const textOf = (tasks: typeof failed) => {
        const why = failedTasks(tasks, moreFailed);
        return oneLine(`${workflow} (run ${run}) ${outcome}${why === undefined ? '' : `: ${why}`}`, maxTextBytes);
      };
      const text = textOf(failed.map(({ task, state }) => ({ task, state })));
      const error = failed[0]?.error;
      const texts = { text, ...(error !== undefined && { error, textWithError: textOf(failed) }) };
      return [{ ...stamp, event: name, workflow, run, ...texts, ...goodOf(name) }];
    }
    case 'schedule.started':
    case 'schedule.paused':
    case 'schedule.resumed':
    case 'schedule.skipped':
      return ofSchedule(event, stamp);
    case 'plugin': {
      const { facts, text } = event;
      const textOf = (name: string) => (typeof facts[name] === 'string' ? facts[name] : undefined);
      const line = oneLine(text, maxTextBytes);
      return [{ ...stamp, event: event.event, text: line, check: textOf('check'), client: textOf('client') }];
    }
    case 'store':
      return [{ ...stamp, ...ofStore(event.error) }];
    default:
      return [];
  }
}

type JobEvents = Extract<
  Event,
  { readonly type: 'job.submitted' | 'job.accepted' | 'job.unreachable' | 'job.reachable' | 'job.settled' | 'job.late' }
>;

function ofJob(event: JobEvents): Omit<Note, 'atMs'> {
  const { type, id, number, command, vouched } = event;
  const client = event.client ?? undefined;
  const isEnd = type === 'job.settled' || type === 'job.late';
  const outcome = isEnd ? event.outcome : undefined;
  const error = isEnd ? event.error : undefined;
  const code = isEnd ? (exitCodeOf(event.result) ?? error?.code) : undefined;
  const words = isEnd ? `${type === 'job.late' ? 'late: ' : ''}${outcome}` : type.replace('job.', '');
  const why =
    code === undefined || outcome === 'completed' ? '' : ` (${typeof code === 'number' ? `exit code ${code}` : code})`;
  return {
    ...{ event: type, client, vouched, command, outcome, code, error: error?.message, job: { id, number } },
    text: `${command}${client === undefined ? '' : ` on ${client}`} ${words}${why}`,
    ...(outcome === 'completed' && type === 'job.settled' ? ({ isGood: true } as const) : goodOf(type)),
  };
}

function ofSchedule(
  event: Extract<Event, { readonly type: `schedule.${'started' | 'paused' | 'resumed' | 'skipped'}` }>,
  stamp: Pick<Note, 'atMs' | 'seq' | 'actor'>,
): Note[] {
  const { schedule, workflow, type } = event;
  const about = { ...stamp, schedule, workflow };
  if (type !== 'schedule.skipped') {
    const words = type.replace('schedule.', '');
    return [{ ...about, event: type, text: `${schedule} ${words}`, ...goodOf(type) }];
  }
  const { plannedMs, count = 1, reason } = event;
  const when = new Date(plannedMs).toISOString();
  const text = `${schedule} did not run at ${when}${count > 1 ? ` and ${count - 1} more times` : ''}: ${reason}`;
  const skipped: Note = { ...about, event: type, text };
  return reason === 'missed' ? [skipped, { ...skipped, event: 'schedule.missed' }] : [skipped];
}

/** Sent from memory, because the store fails. */
export const storeEvents: readonly string[] = ['store.unavailable', 'store.full', 'store.recovered'];

function ofStore(error: { readonly code: string; readonly message: string } | undefined) {
  if (!error) return { event: 'store.recovered', text: 'the store works again' };
  const isFull = /no space|disk is full|is full/.test(error.message);
  if (isFull) return { event: 'store.full', code: error.code, text: 'the store is full' };
  return { event: 'store.unavailable', code: error.code, text: 'the store is unavailable' };
}

const goodOf = (event: string): Pick<Note, 'isGood'> => (event in opposites ? { isGood: true } : {});

const clientWords = {
  'client.joined': 'has joined',
  'client.left': 'has left',
  'client.expected': 'is expected',
  'client.forgotten': 'was forgotten',
} as const;

function exitCodeOf(result: unknown): number | undefined {
  const { exitCode } = Object(result) as { exitCode?: unknown };
  return typeof exitCode === 'number' ? exitCode : undefined;
}
