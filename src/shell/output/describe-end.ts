import type { CommandContract } from '../../../schemas/index.ts';
import { printable } from '../../host/printable.ts';
import type { Event } from '../../plugin/observer.ts';
import { describeLoss } from './missing-output.ts';

export type EndEvent = Extract<Event, { type: 'job.settled' }>;

/** The end of a job, as the parts of a line of text. */
export interface End {
  readonly outcome: string;
  /** Duration; undefined where it has no meaning, such as for a rejected job. */
  readonly tookMs: number | undefined;
  /** The result or the error, as text. */
  readonly what: string;
  /** Round trip to the client, if the command measures it. */
  readonly way: { readonly roundTripMs: number; readonly lagMs: number } | undefined;
}

export function describeEnd(event: EndEvent, commands: ReadonlyMap<string, CommandContract>): End {
  const { outcome, durationMs, error, text = '', roundTripMs, lagMs = 0, lostOutput, outputError } = event;
  if (outcome === 'rejected') {
    return { outcome, tookMs: undefined, what: error ? describeError(error, outcome) : '', way: undefined };
  }
  const isWork = commands.get(event.command)?.kind !== 'control' && outcome !== 'expired' && error?.code !== 'not_sent';
  return {
    outcome,
    tookMs: isWork ? durationMs : undefined,
    what: [error ? describeError(error, outcome) : printable(text), printable(describeLoss(lostOutput, outputError))]
      .filter(Boolean)
      .join('; '),
    way: roundTripMs === undefined ? undefined : { roundTripMs, lagMs },
  };
}

/** Omits the code, and the first word of the message, if they repeat the outcome. */
function describeError({ code, message }: { code: string; message: string }, outcome: string): string {
  if (code === outcome)
    return printable(message.startsWith(`${outcome} `) ? message.slice(outcome.length + 1) : message);
  return `${code}: ${printable(message)}`;
}
