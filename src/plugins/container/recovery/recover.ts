import type { LeftJob, Recovery } from '../../../index.ts';
import type { ContainerResult } from '../contracts/container.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobNotes } from '../notes/job-notes.ts';
import { timeLeftMs } from '../notes/note.ts';
import { cleanLeft } from './clean-left.ts';
import { reap } from './reap.ts';
import { takeUp } from './take-up.ts';

/** Recovers the jobs that earlier processes of this client have noted. The engine may not answer yet. */
export async function recover(
  { client, state, left, keep, onListed, print }: Recovery,
  { engine, jobNotes }: { readonly engine: Engine; readonly jobNotes: JobNotes },
): Promise<LeftJob<ContainerResult>[]> {
  const own = await state();
  const notes = jobNotes.open(own);
  jobNotes.keep = () => keep(own);
  const { signal } = jobNotes;
  for (const folder of left) {
    keep(folder);
    jobNotes.inBackground(async () => await cleanLeft(folder, await engine.docker(), { print, signal }), print);
  }
  const noted = (await notes.all(print)).map((note) => jobNotes.takeUp(notes, note));
  const reaped = new Set<string>();
  onListed((storeId) => {
    if (reaped.has(storeId)) return;
    reaped.add(storeId);
    const options = { isKnown: (mark: string) => jobNotes.isKnown(mark), print, signal };
    jobNotes.inBackground(async () => {
      const installation = await notes.installation();
      if (installation !== undefined) await reap(await engine.docker(), { client, installation, storeId }, options);
    }, print);
  });
  return noted.map((one) => ({
    id: one.note.jobId,
    storeId: one.note.storeId,
    timeoutMs: timeLeftMs(one.note, Date.now()),
    goOn: async (job) => await takeUp(one, job, await engine.docker()),
  }));
}
