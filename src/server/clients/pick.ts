import { type CommandContract, limits, SignalboxError } from '../../../schemas/index.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import { naturally } from '../../natural-order.ts';
import type { Member } from './roster.ts';

/** What a choice is made from. */
interface Choice {
  /** The clients that a target means. */
  readonly clients: readonly string[];
  readonly count: number;
  readonly command: Pick<CommandContract, 'name'>;
  readonly memberOf: (client: string) => Member | undefined;
  /** Unsettled data jobs of each client that has any. */
  readonly jobs: ReadonlyMap<string, number>;
}

/**
 * The least busy of the clients that can take a command now; of equally busy ones the first by name.
 * @throws SignalboxError `no_such_target` where there are too few.
 */
export function pickClients({ clients, count, command, memberOf, jobs }: Choice): string[] {
  const jobsOf = (client: string) => jobs.get(client) ?? 0;
  const unfit = new Map<string, string[]>();
  const fit: string[] = [];
  for (const client of clients) {
    const why = whyNot(memberOf(client), command.name, jobsOf(client));
    if (why === undefined) fit.push(client);
    else unfit.set(why, [...(unfit.get(why) ?? []), client]);
  }
  if (fit.length < count) {
    const whys = [...unfit].map(([why, names]) => `${foldNames(names, fewNames)}: ${why}`).join('; ');
    const who = fit.length === 0 ? 'no client' : `only ${foldNames(fit, fewNames)}`;
    const text = `${count} asked for, and ${who} can take ${command.name} now${whys === '' ? '' : ` (${whys})`}`;
    throw new SignalboxError('no_such_target', text);
  }
  return fit.sort((a, b) => jobsOf(a) - jobsOf(b) || naturally(a, b)).slice(0, count);
}

function whyNot(member: Member | undefined, command: string, jobs: number): string | undefined {
  if (member?.peer === undefined) return 'offline';
  if (!member.responsive) return 'unresponsive';
  if (member.state !== 'ready') return member.state;
  if (!member.synced) return 'has just come';
  if (!member.commands.includes(command)) return `does not offer ${command}`;
  return jobs >= limits.maxJobs ? `has ${jobs} jobs` : undefined;
}
