import type { JobContext } from '../../index.ts';

/** What a container carries to be known again. No `--label` begins with `signalbox.`. */
export const labels = {
  store: 'signalbox.store',
  client: 'signalbox.client',
  job: 'signalbox.job',
  /** It stays when it has ended. */
  leave: 'signalbox.leave',
} as const;

export function labelsOf(job: JobContext, { leave = false }: { leave?: boolean | undefined }): Record<string, string> {
  return { [labels.job]: job.id, ...(leave && { [labels.leave]: 'true' }) };
}
