import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ScriptedWorld } from './scripted-world.ts';

type Step = (world: ScriptedWorld) => void;

const place = fc.nat(400);
const count = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1_000));
const step = (text: string, take: Step): Step => Object.assign(take, { [fc.toStringMethod]: () => text });

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constant(300)),
        fc.oneof({ weight: 9, arbitrary: fc.constantFrom('work', 'lasting') }, fc.constant('terminate')),
        fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
        fc.boolean(),
      )
      .map(([times, command, expiresInMs, standing]) =>
        step(`submit ${times} ${command} ${expiresInMs ?? ''} standing: ${standing}`, (world) => {
          for (let time = 0; time < times; time += 1) world.submit(command, expiresInMs, standing);
        }),
      ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(count, fc.boolean())
      .map(([n, rejects]) => step(`client reads ${n}, rejects: ${rejects}`, (world) => world.clientReads(n, rejects))),
  },
  { weight: 6, arbitrary: count.map((n) => step(`server reads ${n}`, (world) => world.serverReads(n))) },
  { weight: 4, arbitrary: count.map((n) => step(`write ${n}`, (world) => world.write(n))) },
  { weight: 4, arbitrary: place.map((n) => step(`job ${n} ends`, (world) => world.client.finish(n))) },
  { weight: 3, arbitrary: place.map((n) => step(`cancel ${n}`, (world) => world.cancel(n))) },
  { weight: 4, arbitrary: fc.constant(step('connect', (world) => world.connect())) },
  { weight: 2, arbitrary: fc.constant(step('cut', (world) => world.cut())) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((takesUp) => step(`restart, takes up: ${takesUp}`, (world) => world.restart(takesUp))),
  },
  { weight: 1, arbitrary: fc.constant(step('goodbye', (world) => world.goodbye())) },
  { weight: 2, arbitrary: fc.constantFrom(10, 200).map((ms) => step(`tick ${ms}`, (world) => world.tick(ms))) },
  {
    weight: 2,
    arbitrary: fc.boolean().map((isOver) => step(`stay away, over: ${isOver}`, (world) => world.stayAway(isOver))),
  },
  {
    weight: 3,
    arbitrary: fc.boolean().map((rejects) => step(`talk, rejects: ${rejects}`, (world) => world.talk(rejects))),
  },
);

const adopted = fc
  .integer({ min: 0, max: 3 })
  .map((n) => Array.from({ length: n }, (_, index) => `bbbbbbbb.${index + 1}`));

const named = (faults: Record<string, boolean>, id: string): string[] =>
  Object.keys(faults).flatMap((fault) => (faults[fault] ? [`${id} ${fault}`] : []));

const faultsOfCommand =
  (world: ScriptedWorld) =>
  ({ id, settlement }: ScriptedWorld['submitted'][number]): string[] =>
    named(
      {
        'was not settled': settlement === undefined,
        'was reported differently': settlement !== world.audit.records.get(id)?.settlement,
        'ran twice': world.runsOf(id) > 1,
      },
      id,
    );

const faultsOfNews = (world: ScriptedWorld): string[] =>
  [...world.audit.records.values()].flatMap(({ job, news, settlement }) => {
    const count = (type: (typeof news)[number]) => news.filter((one) => one === type).length;
    const reached = news.filter((type) => type === 'unreachable' || type === 'reachable');
    return named(
      {
        'was not reported as settled once': count('settled') !== 1,
        'was reported as accepted twice': count('accepted') > 1,
        'was accepted after it was settled': news.indexOf('accepted') >= news.indexOf('settled'),
        'was unreachable or reachable twice in a row': reached.some((type, at) => type === reached[at - 1]),
        'was reachable without having been unreachable': reached[0] === 'reachable',
        'was unreachable and is neither standing nor recoverable':
          reached.length > 0 && !job.standing && job.command !== 'lasting',
        'was lost for being away':
          job.standing && settlement?.outcome === 'lost' && settlement.error?.message.includes('away') === true,
        'was lost before the recovery time was over':
          job.command === 'lasting' &&
          settlement?.error?.message === 'w1 has been away for 1 s' &&
          settlement.outcome === 'lost',
        'was late more often than lost': count('late') > (settlement?.outcome === 'lost' ? 1 : 0),
        'has a result that is not its own': settlement?.outcome === 'completed' && settlement.result !== job.id,
      },
      job.id,
    );
  });

test('after any sequence of events each command ends once, runs at most once, and is acknowledged when its outcome is stored', () => {
  fc.assert(
    fc.property(adopted, fc.array(steps, { minLength: 20, maxLength: 100, size: 'max' }), (jobs, taken) => {
      const world = new ScriptedWorld(jobs);
      for (const take of taken) take(world);
      world.finish();
      // One assertion per run, because there are thousands of commands.
      expect([...world.submitted.flatMap(faultsOfCommand(world)), ...faultsOfNews(world)]).toStrictEqual([]);
      expect([...world.client.held.keys()]).toStrictEqual([]);
    }),
    { numRuns: 150 },
  );
});
