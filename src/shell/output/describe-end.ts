import type { CommandContract } from '../../../schemas/index.ts';
import { printable } from '../../host/printable.ts';
import type { ServerEvent } from '../../plugin/observer.ts';
import { describeLoss } from './missing-output.ts';

export type EndEvent = Extract<ServerEvent, { type: 'result' | 'rejected' }>;

/** How a job ended, in the parts that a person reads. */
export interface End {
  readonly outcome: string;
  /** How long it took; undefined where that says nothing. */
  readonly tookMs: number | undefined;
  /** The result or the error, in words. */
  readonly what: string;
  /** Of a command that measures it: the way to the client and back. */
  readonly way: { readonly roundTripMs: number; readonly lagMs: number } | undefined;
}

export function describeEnd(event: EndEvent, commands: ReadonlyMap<string, CommandContract>): End {
  if (event.type === 'rejected') {
    return { outcome: 'rejected', tookMs: undefined, what: describeError(event.error), way: undefined };
  }
  const { outcome, durationMs, error, roundTripMs, lagMs = 0, lostOutput, outputError } = event;
  const contract = commands.get(event.command);
  const isWork = contract?.kind !== 'control' && outcome !== 'expired';
  return {
    outcome,
    tookMs: isWork ? durationMs : undefined,
    what: [
      error ? describeError(error) : describeResult(event.result, contract),
      printable(describeLoss(lostOutput, outputError)),
    ]
      .filter(Boolean)
      .join('; '),
    way: roundTripMs === undefined ? undefined : { roundTripMs, lagMs },
  };
}

function describeResult(result: unknown, contract: CommandContract | undefined): string {
  if (result === undefined || result === null) return '';
  return printable(contract?.describe ? contract.describe(result) : JSON.stringify(result));
}

function describeError({ code, message }: { code: string; message: string }): string {
  return `${code}: ${printable(message)}`;
}
