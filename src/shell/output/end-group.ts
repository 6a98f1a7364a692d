import type { CommandContract } from '../../../schemas/index.ts';
import { foldNames } from '../../fold-names.ts';
import { clientText } from '../../place-name.ts';
import { formatDuration } from '../parse/duration.ts';
import { span } from '../parse/span.ts';
import { describeEnd, type EndEvent } from './describe-end.ts';

/** Jobs of one command that ended alike, as the parts of a line of text. */
export interface EndGroup {
  readonly number: number;
  readonly command: string;
  readonly outcome: string;
  /** The clients, folded. */
  readonly who: string;
  /** Duration, or shortest to longest; empty where it has no meaning. */
  readonly took: string;
  /** The result or the error, as text. */
  readonly what: string;
  /** If the command measures it: `round trip 2 to 3 ms, lag 0 ms`. */
  readonly way: string;
}

const worstFirst = ['lost', 'failed', 'rejected', 'expired', 'cancelled', 'completed'];

/** Groups the ends of the jobs of one command by outcome and text, worst outcome first. */
export function groupEnds(events: readonly EndEvent[], commands: ReadonlyMap<string, CommandContract>): EndGroup[] {
  const described = events.map((event) => ({ event, ...describeEnd(event, commands) }));
  // Results with a round trip differ only in their times.
  const alike = Map.groupBy(described, ({ outcome, what, way }) => `${outcome} ${way ? '' : what}`);
  return [...alike.values()]
    .flatMap((ends): EndGroup[] => {
      const [first] = ends;
      if (!first) return [];
      const { event, outcome, what } = first;
      const ways = ends.flatMap(({ way }) => way ?? []);
      const roundTrip = span(
        ways.map(({ roundTripMs }) => roundTripMs),
        (ms) => `${ms} ms`,
      );
      const lag = Math.max(...ways.map(({ lagMs }) => lagMs));
      return [
        {
          number: event.number,
          command: event.command,
          outcome,
          who: foldNames(ends.map(({ event: end }) => clientText(end))),
          took: span(
            ends.flatMap(({ tookMs }) => tookMs ?? []),
            formatDuration,
          ),
          what,
          way: ways.length === 0 ? '' : `round trip ${roundTrip}, lag ${lag} ms`,
        },
      ];
    })
    .sort((a, b) => worstFirst.indexOf(a.outcome) - worstFirst.indexOf(b.outcome));
}
