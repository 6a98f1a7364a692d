import type { FromClient, FromServer, Message } from '../../schemas/index.ts';
import type { JobNews } from '../../src/jobs/events.ts';
import type { JobRecord } from '../../src/jobs/job-record.ts';
import { JobTable } from '../../src/jobs/job-table.ts';
import type { Settlement } from '../../src/jobs/settlement.ts';
import type { Submitted } from '../../src/jobs/submission.ts';
import { bootA } from '../support/hello.ts';
import { wholeId, withWholeIds } from '../support/wire.ts';

export const boot = 'aaaaaaaa';
export const otherBoot = 'bbbbbbbb';
export const idOf = (counter: number, of = boot) => `${of}.${counter}`;

export const completed = (result: unknown = 1): Settlement => ({ outcome: 'completed', result, durationMs: 5 });
export const rejected: Settlement = {
  outcome: 'rejected',
  error: { code: 'not_ready', message: 'send start first' },
  durationMs: 0,
};

/** A job table with one client, the sent messages and the events, and control over when its events count as stored. */
export function openJobTable({
  lostAfterMs = 60_000,
  recoverWithinMs = 3_600_000,
  nextNumber = 1,
  reconnectWaitMs = undefined as number | undefined,
  onSend = (_message: FromServer, _job: JobRecord | undefined): void => {},
} = {}) {
  const sent: FromServer[] = [];
  /** The offsets up to which records were acknowledged. */
  const taken: string[] = [];
  /** The changes that a store would save. */
  const changes: string[] = [];
  const told: { job: JobRecord; news: JobNews; written: () => void }[] = [];
  const world = { writesAtOnce: true, onNews: (_entry: JobRecord, _news: JobNews): void => {} };
  const jobTable: JobTable = new JobTable({
    bootId: boot,
    lostAfterMs,
    recoverWithinMs,
    isRecoverable: (command) => command === 'lasting',
    nextNumber,
    reconnectWaitMs,
    effects: {
      send: (_client, message, job) => {
        if (message.type === 'records-ack') taken.push(`${wholeId(message.id, boot)} ${message.offset}`);
        else sent.push(message);
        onSend(message, job);
      },
      tell: (job, news) => {
        const written = () => jobTable.taken(job, news);
        told.push({ job, news, written });
        world.onNews(job, news);
        if (world.writesAtOnce) written();
      },
      changed: (job, change) => void changes.push(`${change} ${job.id}`),
    },
  });
  return {
    jobTable,
    sent,
    told,
    taken,
    changes,
    world,
    submit: (fields: Partial<Submitted> & { nowMs?: number; hasEnded?: boolean } = {}) => {
      const { nowMs = 0, hasEnded = false, ...rest } = fields;
      const begun = jobTable.begin({ command: 'work', kind: 'data', args: {}, ...rest }, nowMs);
      return jobTable.submit(begun, 'w1', nowMs, undefined, hasEnded);
    },
    /** A session in which the client lists no jobs. */
    connect: (nowMs = 0, bootId = bootA) => {
      jobTable.sessionBegan('w1', bootId);
      jobTable.listingEnded('w1', nowMs);
    },
    /** One line of the client's job list. */
    list: (id: string, fields: Partial<Message<FromClient, 'job'>> = {}, isStanding = false) =>
      jobTable.listed('w1', { type: 'job', id, command: 'work', state: 'running', offsets: {}, ...fields }, isStanding),
    accept: (job: JobRecord, nowMs = 0) => jobTable.accepted('w1', job.id, nowMs),
    answer: (job: { id: string }, settlement: Settlement, nowMs = 0) =>
      jobTable.answered('w1', job.id, settlement, nowMs),
    output: (id: string, offset: number, text: string) =>
      jobTable.output('w1', { type: 'output', id, stream: 'stdout', offset, data: Buffer.from(text) }),
    /** Takes the messages that were sent since the last call, in a few words each. */
    takeSent: () => sent.splice(0).map((message) => inWords(withWholeIds(message, boot))),
    /** Takes the events since the last call, in a few words each. */
    takeNews: () => told.splice(0).map(({ job, news }) => newsInWords(job, news)),
  };
}

/** A job table whose client was sent 1, has accepted 2, was asked to cancel 3, and is disconnected. */
export function cutOff() {
  const open = openJobTable();
  const { jobTable, connect, submit, accept } = open;
  connect();
  const [sent, accepted, cancelled] = [submit(), submit(), submit()];
  accept(accepted);
  jobTable.cancel(cancelled);
  jobTable.sessionEnded('w1', 1_000);
  open.takeSent();
  open.takeNews();
  return { ...open, sent, accepted, cancelled };
}

function inWords(message: FromServer): string {
  if (message.type === 'ack') return `ack ${message.ids.join(' ')}`;
  if (message.type === 'fetch') return `fetch ${message.id} from ${message.from.stdout ?? 0}`;
  if (message.type === 'output-ack') return `output-ack ${message.id} ${message.offset}`;
  return 'id' in message ? `${message.type} ${message.id}` : message.type;
}

function newsInWords(job: JobRecord, news: JobNews): string {
  const about = `${news.type} ${job.id}`;
  if (news.type === 'settled' || news.type === 'late') return `${about} ${news.settlement.outcome}`;
  if (news.type === 'output')
    return `${about} ${news.offset} '${Buffer.from(news.data)}'${news.lostBytes > 0 ? ` after ${news.lostBytes} lost` : ''}`;
  return about;
}
