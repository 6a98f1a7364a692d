import type { OwnPlace } from '../../../index.ts';
import type { KnownCheck } from './known-check.ts';

/** A check with a new state; the previous state is null if there was none. */
interface Change {
  readonly known: KnownCheck;
  readonly from: KnownCheck['state'];
}

/** Emits `check.down` and `check.up`. No event is emitted if the first state of a check is up. */
export async function tellChange(
  own: OwnPlace,
  { known, from }: Change,
  isTold: (event: string) => Promise<boolean> = async () => false,
): Promise<void> {
  const { check, client, state, sinceMs, job, last } = known;
  if (state === null || (state === 'up' && from === null) || (await isTold(`check.${state}`))) return;
  const { errorKind, error, status, totalMs } = last;
  own.emit({
    name: state,
    text: `${check} is ${state} on ${client}${error === null ? '' : `: ${error}`}`,
    ...(state === 'down' && { isWarning: true }),
    facts: { check, client, sinceMs, id: job.id, number: job.number, status, totalMs, errorKind, error },
  });
}
