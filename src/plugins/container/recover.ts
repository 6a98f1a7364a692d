import type { LeftJob, Recovery } from '../../index.ts';
import type { ContainerResult } from './container-facts.ts';
import type { Engine } from './engine.ts';
import type { JobNotes } from './job-notes.ts';
import { timeLeftMs } from './note.ts';
import { takeUp } from './take-up.ts';

/** The jobs that earlier processes of this client have noted. The engine may still be away. */
export async function recover(
  { state, signal: _ }: Recovery,
  { engine, jobNotes }: { readonly engine: Engine; readonly jobNotes: JobNotes },
): Promise<LeftJob<ContainerResult>[]> {
  const notes = await jobNotes.open(await state());
  const all = await notes.all(() => {});
  return all.map((note) => ({
    id: note.jobId,
    storeId: note.storeId,
    timeoutMs: timeLeftMs(note, Date.now()),
    goOn: async (job) => await takeUp(jobNotes.takeUp(notes, note), job, await engine.docker()),
  }));
}
