import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FromServer } from '../../schemas/index.ts';
import { countsAsFailure } from '../../src/jobs/batch.ts';
import type { JobRecord } from '../../src/jobs/job-record.ts';
import { JobTable } from '../../src/jobs/job-table.ts';
import type { FormerJob } from '../../src/jobs/restoration.ts';
import type { Settlement } from '../../src/jobs/settlement.ts';
import { completed, idOf } from './open-job-table.ts';

const failed: Settlement = { outcome: 'failed', error: { code: 'command_failed', message: 'no' }, durationMs: 1 };

interface Shape {
  readonly clients: number;
  readonly size: number;
  readonly maxFailures: number | undefined;
  readonly expires: boolean;
  /** Whether an earlier server has started it. */
  readonly isRestored: boolean;
}

/** A batch over clients that come, go, answer and die. Throws as soon as a guarantee is violated. */
class World {
  readonly jobs: JobRecord[];
  nowMs = 0;
  private readonly shape: Shape;
  private readonly table: JobTable;
  private readonly online = new Map<string, number>();
  private readonly life = new Map<string, number>();
  /** The commands that a client process has received. */
  private readonly got = new Map<string, Set<string>>();
  private failures = 0;

  constructor(shape: Shape) {
    this.shape = shape;
    const { size, maxFailures, expires } = shape;
    this.table = new JobTable({
      ...{ bootId: 'aaaaaaaa', lostAfterMs: 1_000, reconnectWaitMs: 150 },
      effects: {
        send: (client: string, message: FromServer) => this.sent(client, message),
        tell: (job, news) => {
          if (news.type === 'settled' && countsAsFailure(news.settlement.outcome)) this.failures += 1;
          this.table.taken(job, news);
        },
      },
    });
    const names = Array.from({ length: shape.clients }, (_, index) => `w${index + 1}`);
    const submitted = { command: 'work', kind: 'data', args: {}, batch: { size, maxFailures, failures: 0 } } as const;
    const timed = { ...submitted, ...(expires && { expiresInMs: 2_000 }) };
    if (shape.isRestored) {
      const former = names.map(
        (client, at): FormerJob => ({
          ...{ client, bootId: at < size ? bootOf(client, 0) : undefined, takenUp: false, cancelRequested: false },
          ...{ settledAtMs: undefined, settlement: undefined, late: undefined },
        }),
      );
      const id = idOf(1, 'eeeeeeee');
      this.jobs = this.table.restore({ id, number: 1, submittedAtMs: 0, submitted: timed, jobs: former }, 0);
    } else {
      const begun = this.table.begin(timed, 0, names.length);
      this.jobs = names.map((client) => this.table.submit(begun, client, 0));
      this.table.submittedAll(begun, 0);
    }
    this.check();
  }

  connect(place: number): void {
    const client = this.nameAt(place);
    if (this.online.has(client)) return;
    const life = this.life.get(client) ?? 0;
    this.online.set(client, life);
    this.table.sessionBegan(client, bootOf(client, life));
    const job = this.jobs.find((one) => one.client === client);
    const isHeldThere = this.got.get(client)?.has(bootOf(client, life));
    if (job && isHeldThere) {
      this.table.listed(client, { type: 'job', id: job.id, command: 'work', state: 'running', offsets: {} });
    }
    this.table.listingEnded(client, this.nowMs);
    this.check();
  }

  cut(place: number, dies: boolean): void {
    const client = this.nameAt(place);
    if (this.online.delete(client)) this.table.sessionEnded(client, this.nowMs);
    if (dies) this.life.set(client, (this.life.get(client) ?? 0) + 1);
    this.check();
  }

  end(place: number, settlement: Settlement): void {
    const client = this.nameAt(place);
    const job = this.jobs.find((one) => one.client === client);
    const life = this.online.get(client);
    if (!job || life === undefined || !this.got.get(client)?.has(bootOf(client, life))) return;
    this.table.answered(client, job.id, settlement, this.nowMs);
    this.check();
  }

  cancel(place: number): void {
    const job = this.jobs[place % this.jobs.length];
    if (job) this.table.cancel(job);
  }

  tick(ms: number): void {
    this.nowMs += ms;
    this.table.tick(this.nowMs);
    this.check();
  }

  finish(): void {
    for (let round = 0; round < 2 * this.jobs.length + 2; round += 1) {
      for (let place = 0; place < this.jobs.length; place += 1) {
        this.connect(place);
        this.end(place, completed());
      }
      this.tick(100);
    }
    const open = this.jobs.filter(({ state }) => state !== 'settled');
    if (open.length > 0) throw new Error(`${open.map(({ client, state }) => `${client} ${state}`)} have not ended`);
    if ([...this.table.unsettled()].length > 0) throw new Error('something is unsettled');
  }

  private nameAt(place: number): string {
    return `w${(place % this.shape.clients) + 1}`;
  }

  private sent(client: string, message: FromServer): void {
    if (message.type !== 'command') return;
    const life = this.online.get(client);
    if (life === undefined) throw new Error(`${client} is away`);
    const { maxFailures } = this.shape;
    const lives = this.got.get(client) ?? new Set();
    const isFirst = lives.size === 0 && !(this.shape.isRestored && Number(client.slice(1)) <= this.shape.size);
    if (isFirst && maxFailures !== undefined && this.failures > maxFailures) throw new Error(`${client} came too late`);
    this.got.set(client, lives.add(bootOf(client, life)));
    if (lives.size > 1) throw new Error(`${client} got it in two lives`);
  }

  /** Never more jobs may be running than the batch size. */
  private check(): void {
    const underWay = this.jobs.filter(({ state, isHeld }) => state !== 'settled' && !isHeld).length;
    if (underWay > this.shape.size) throw new Error(`${underWay} are under way`);
    const { batch } = this.jobs[0]?.submission ?? {};
    const isStopped = batch?.isStopped === true;
    if (!isStopped && batch?.underWay !== underWay) throw new Error(`${batch?.underWay} count, ${underWay} are`);
    if (batch?.failures !== this.failures) throw new Error(`${batch?.failures} failures count, ${this.failures} are`);
  }
}

const bootOf = (client: string, life: number): string => `${client}${life}`.padEnd(8, 'x');

type Step = (world: World) => void;
const step = (text: string, take: Step): Step => Object.assign(take, { [fc.toStringMethod]: () => text });
const place = fc.nat(11);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: place.map((at) => step(`connect ${at}`, (world) => world.connect(at))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(place, fc.boolean())
      .map(([at, dies]) => step(`cut ${at}, dies: ${dies}`, (world) => world.cut(at, dies))),
  },
  { weight: 6, arbitrary: place.map((at) => step(`end ${at}`, (world) => world.end(at, completed()))) },
  { weight: 4, arbitrary: place.map((at) => step(`fail ${at}`, (world) => world.end(at, failed))) },
  { weight: 1, arbitrary: place.map((at) => step(`cancel ${at}`, (world) => world.cancel(at))) },
  { weight: 3, arbitrary: fc.constantFrom(10, 200, 1_200).map((ms) => step(`tick ${ms}`, (world) => world.tick(ms))) },
);

const shapes: fc.Arbitrary<Shape> = fc.record({
  clients: fc.integer({ min: 1, max: 12 }),
  size: fc.integer({ min: 1, max: 5 }),
  maxFailures: fc.option(fc.nat(4), { nil: undefined }),
  expires: fc.boolean(),
  isRestored: fc.boolean(),
});

test('whatever clients do, at most the batch size runs, nothing is sent after too many failures, and everything ends', () => {
  fc.assert(
    fc.property(shapes, fc.array(steps, { minLength: 5, maxLength: 80, size: 'max' }), (shape, taken) => {
      const world = new World(shape);
      for (const take of taken) take(world);
      world.finish();
      expect(world.jobs.every(({ settlement }) => settlement)).toBe(true);
    }),
    { numRuns: 400 },
  );
});
