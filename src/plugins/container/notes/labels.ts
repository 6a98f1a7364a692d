import type { Note } from './note.ts';

/** Labels that identify a container. `--label` does not accept names that begin with `signalbox.`. */
export const labels = {
  /** A random mark, unique to this container. */
  mark: 'signalbox.container',
  /** Id of the notes folder of the client. */
  installation: 'signalbox.installation',
  store: 'signalbox.store',
  client: 'signalbox.client',
  job: 'signalbox.job',
  /** The container stays after it has ended. */
  leave: 'signalbox.leave',
} as const;

export function labelsOf(
  { jobId, mark, storeId, args }: Note,
  { client, installation }: { readonly client: string; readonly installation: string },
): Record<string, string> {
  return {
    [labels.mark]: mark,
    [labels.installation]: installation,
    [labels.client]: client,
    [labels.job]: jobId,
    ...(storeId !== undefined && { [labels.store]: storeId }),
    ...(args.leave && { [labels.leave]: 'true' }),
  };
}
