import type { ShownRun } from '../plugin/builtin.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import { noteAbsent } from './note-absent.ts';
import type { Output } from './output/output.ts';
import type { EventPump } from './output/pump.ts';

/** Time that the last events of a run may take after the answer that it has ended. */
const lateMs = 5_000;

interface Around {
  readonly events: Pick<EventPump, 'listen' | 'onGap' | 'own'>;
  readonly output: Pick<Output, 'status'>;
}

/**
 * Shows the jobs of a run like jobs sent from here, starting before the number of the run is known. Reports the clients that
 * its tasks wait for.
 */
export function showRun({ events, output }: Around, service: JobService, run: Promise<number>): ShownRun {
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
  const notes = new DisposableStack();
  const sent = (event: Event): void => {
    if (event.type !== 'workflow.task' || event.state !== 'running') return;
    const { run: ofRun, number: jobs } = event;
    if (jobs === undefined) return;
    run.then(
      (known) => {
        if (known === ofRun && !notes.disposed) notes.use(noteAbsent(jobs, { service, output }));
      },
      () => {},
    );
  };
  using undo = new DisposableStack();
  undo.use(notes);
  undo.defer(events.listen(ended));
  undo.defer(events.listen(sent));
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
