import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FromServer } from '../../../schemas/index.ts';
import type { Event, JobNews, LoggedNews, NumberedEvent } from '../../../src/jobs/events.ts';
import type { JobEffects } from '../../../src/jobs/job-effects.ts';
import type { JobRecord } from '../../../src/jobs/job-record.ts';
import { JobTable } from '../../../src/jobs/job-table.ts';
import type { Submission } from '../../../src/jobs/submission.ts';
import { Journal } from '../../../src/server/journal/journal.ts';
import { journaled } from '../../../src/server/journal/journaled.ts';
import { timed } from '../../../src/server/timed.ts';
import { boot } from '../../jobs/open-job-table.ts';
import { bootA } from '../../support/hello.ts';
import { ScriptedStore } from '../../support/scripted-store.ts';

/** A job table over a journal, without sockets: w1 is online. */
export async function openJournal() {
  const store = new ScriptedStore();
  await store.take({ epoch: boot, endpoint: 'tcp://127.0.0.1:1', host: 'here', pid: 1 });
  const seen: string[] = [];
  const told: Event[] = [];
  const replaced: string[] = [];
  const health: string[] = [];
  const journal = new Journal({
    store,
    withdraw: (submissions) => jobTable.withdraw(submissions, 0),
    onReplaced: ({ code }) => void replaced.push(code),
    health: {
      failed: (operation, { code }) => void health.push(`${operation} ${code}`),
      worked: (operation) => void health.push(`${operation} works`),
    },
    nextSeq: 1,
  });
  const send: JobEffects['send'] = (_client, message) => void seen.push(inWords(message));
  const announcer = {
    toLog: (job: JobRecord, news?: LoggedNews) =>
      ({ type: `job.${news?.type ?? 'submitted'}`, id: job.id, client: job.client, atMs: 0 }) as NumberedEvent,
    tell: (job: JobRecord, news: JobNews, event?: NumberedEvent) => {
      if (event) told.push(event);
      seen.push(`${news.type} ${job.localId}`);
      jobTable.taken(job, news);
    },
  };
  const events = {
    deliver: (event: Event) => {
      told.push(event);
      seen.push('id' in event ? `submitted ${event.id.split('.')[1]}` : event.type);
    },
  };
  const jobTable: JobTable = new JobTable({
    bootId: boot,
    lostAfterMs: 60_000,
    reconnectWaitMs: 0,
    effects: timed(journaled(send, { announcer, events, journal, leaves: (job) => jobTable.leaves(job, 0) })),
  });
  jobTable.sessionBegan('w1', bootA);
  jobTable.listingEnded('w1', 0);
  return {
    ...{ store, journal, jobTable, replaced, health },
    /** Takes everything that has happened since the last call. */
    takeSeen: () => seen.splice(0),
    /** The reported events. */
    told,
    /** Emits an event that is not about a job. */
    say: (client: string) => {
      const event: NumberedEvent = { type: 'client.expected', client, atMs: 0 };
      journal.log({ event, run: () => events.deliver(event) });
    },
    submit: (client = 'w1') => {
      const submission = jobTable.begin({ command: 'work', kind: 'data', args: { word: 'x' }, actor: 'me' }, 0);
      const job = jobTable.submit(submission, client, 0);
      const stored = settled(journal.stored(submission));
      return { submission, job, stored };
    },
    /** Until all operations are over: a commit in memory takes no time. */
    turn: async () => {
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    },
  };
}

export type Submitted = { submission: Submission<JobRecord>; job: JobRecord; stored: Promise<string> };

/** 'stored', or the code of the error. */
const settled = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'stored',
    (error: { code: string }) => error.code,
  );

const inWords = (message: FromServer): string =>
  message.type === 'ack' ? `ack ${message.ids.join(' ')}` : `${message.type}${'id' in message ? ` ${message.id}` : ''}`;
