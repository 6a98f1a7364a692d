import { SignalboxError } from '../../schemas/index.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { Trigger } from './definition.ts';

/** Whether a trigger is for changes of this client. */
export async function matches({ matching }: Trigger, client: string, service: JobService): Promise<boolean> {
  if (matching === undefined) return true;
  try {
    return (await service.resolve(matching)).includes(client);
  } catch (error) {
    if (error instanceof SignalboxError && ['no_such_target', 'bad_usage'].includes(error.code)) return false;
    throw error;
  }
}
