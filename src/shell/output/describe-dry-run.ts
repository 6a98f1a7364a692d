import type { CommandContract } from '../../../schemas/index.ts';
import { foldNames } from '../../fold-names.ts';
import type { SendOptions } from '../../plugin/send-options.ts';
import { commandLine } from '../parse/command-line.ts';
import { formatDuration } from '../parse/duration.ts';

/** Describes a dry run as text and as JSON facts; arguments are redacted as in the audit. */
export function describeDryRun(
  contract: CommandContract,
  args: Record<string, unknown>,
  clients: readonly string[],
  { expiresInMs, timeoutMs, pick, batch, maxFailures }: SendOptions,
): [text: string, facts: object] {
  const shown = contract.auditArgs?.(args) ?? args;
  const limits = [
    ...(expiresInMs === undefined ? [] : [`expires in ${formatDuration(expiresInMs)}`]),
    ...(timeoutMs === undefined ? [] : [`times out after ${formatDuration(timeoutMs)}`]),
    ...(batch === undefined ? [] : [`${batch} at once`]),
    ...(maxFailures === undefined ? [] : [`at most ${maxFailures} may fail`]),
  ];
  const { name: command } = contract;
  const which = pick === undefined ? '' : `${pick} of `;
  const who = `${which}${foldNames(clients)} (${clients.length === 1 ? '1 client' : `${clients.length} clients`})`;
  const what = [commandLine(contract, command, shown), ...limits].join(', ');
  const facts = { type: 'dry-run', command, args: shown, clients };
  const given = Object.entries({ expiresInMs, timeoutMs, pick, batch, maxFailures }).filter(
    ([, value]) => value !== undefined,
  );
  return [`would be sent to ${who}: ${what}`, { ...facts, ...Object.fromEntries(given) }];
}
