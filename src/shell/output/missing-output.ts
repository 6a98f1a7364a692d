import type { Offsets } from '../../../schemas/index.ts';
import type { KeptOutput } from '../../plugin/builtin-output.ts';

/** Lines that mark bytes missing before a piece of output, or at the end of its stream. */
export function missingOutput({ client, lostBytes, takenBytes }: KeptOutput): string[] {
  return [
    ...(takenBytes === undefined
      ? []
      : [`${client} … ${takenBytes} bytes of output before this went to an earlier server`]),
    ...(lostBytes === undefined ? [] : [`${client} … ${lostBytes} bytes of output were dropped here`]),
  ];
}

/** Describes the lost output of a job; empty if none was lost. */
export function describeLoss(lost: Offsets | undefined, cause: string | undefined): string {
  if (!lost) return '';
  const streams = Object.entries(lost).map(([stream, bytes]) => `${bytes} bytes of ${stream}`);
  return `lost ${streams.join(' and ')}${cause === undefined ? '' : ` (${cause})`}`;
}
