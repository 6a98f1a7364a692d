import type { ShownRun } from '../plugin/builtin.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import type { EventPump } from './output/pump.ts';

/** Time that the last events of a run may take after the answer that it has ended. */
const lateMs = 5_000;

type Events = Pick<EventPump, 'listen' | 'onGap' | 'own'>;

/** Shows the jobs of a run like jobs sent from here, starting before the number of the run is known. */
export function showRun(events: Events, service: JobService, run: Promise<number>): ShownRun {
  const over = Promise.withResolvers<void>();
  const ends = new Set<number>();
  let number: number | undefined;
  const look = (): void => {
    if (number !== undefined && ends.has(number)) over.resolve();
  };
  const isOfRun = async (job: JobKey): Promise<boolean> => {
    const [known, { key }] = await Promise.all([run, service.get(job)]);
    return key?.startsWith(`workflow/${known}/`) ?? false;
  };
  run.then(
    (known) => {
      number = known;
      look();
    },
    () => over.resolve(),
  );
  const ended = (event: Event): void => {
    if (event.type !== 'workflow.ended') return;
    ends.add(event.run);
    look();
  };
  using undo = new DisposableStack();
  undo.defer(events.listen(ended));
  undo.defer(events.onGap(() => over.resolve()));
  undo.use(events.own.follow(isOfRun));
  const opened = undo.move();
  return {
    async ended() {
      const timer = setTimeout(() => over.resolve(), lateMs);
      await over.promise;
      clearTimeout(timer);
    },
    [Symbol.dispose]: () => opened.dispose(),
  };
}
