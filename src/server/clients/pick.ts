import { type CommandContract, limits, SignalboxError } from '../../../schemas/index.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import { naturally } from '../../natural-order.ts';
import type { Member } from './roster.ts';

/** The basis of a choice. */
interface Choice {
  /** The clients of the target. */
  readonly clients: readonly string[];
  readonly command: Pick<CommandContract, 'name'>;
  readonly memberOf: (client: string) => Member | undefined;
  /** Number of unsettled data jobs, for clients that have any. */
  readonly jobs: ReadonlyMap<string, number>;
}

/**
 * Chooses the least busy of the clients that can accept a command now; among equally busy clients, the first by name.
 * @throws SignalboxError `no_such_target` if there are too few.
 */
export function pickClients({ count, ...choice }: Choice & { readonly count: number }): string[] {
  const { command } = choice;
  const { fit, unfit } = whoFits(choice);
  if (fit.length < count) {
    const whys = [...unfit].map(([why, names]) => `${foldNames(names, fewNames)}: ${why}`).join('; ');
    const who = fit.length === 0 ? 'no client' : `only ${foldNames(fit, fewNames)}`;
    const text = `cannot pick ${count}: ${who} can accept ${command.name} now${whys === '' ? '' : ` (${whys})`}`;
    throw new SignalboxError('no_such_target', text);
  }
  return fit.slice(0, count);
}

/** The clients that can accept a command now, least busy first, and the reasons for all others. */
export function whoFits({ clients, command, memberOf, jobs }: Choice): {
  fit: string[];
  unfit: ReadonlyMap<string, readonly string[]>;
} {
  const jobsOf = (client: string) => jobs.get(client) ?? 0;
  const unfit = new Map<string, string[]>();
  const fit: string[] = [];
  for (const client of clients) {
    const why = whyNot(memberOf(client), command.name, jobsOf(client));
    if (why === undefined) fit.push(client);
    else unfit.set(why, [...(unfit.get(why) ?? []), client]);
  }
  return { fit: fit.sort((a, b) => jobsOf(a) - jobsOf(b) || naturally(a, b)), unfit };
}

/** Number of unsettled data jobs, for clients that have any. */
export function countDataJobs(unsettled: Iterable<Pick<JobRecord, 'kind' | 'client'>>): Map<string, number> {
  const jobs = new Map<string, number>();
  for (const { kind, client } of unsettled) if (kind === 'data') jobs.set(client, (jobs.get(client) ?? 0) + 1);
  return jobs;
}

function whyNot(member: Member | undefined, command: string, jobs: number): string | undefined {
  if (member?.peer === undefined) return 'offline';
  if (!member.responsive) return 'unresponsive';
  if (member.state !== 'ready') return member.state;
  if (!member.synced) return 'has just connected';
  if (!member.commands.includes(command)) return `does not offer ${command}`;
  return jobs >= limits.maxJobs ? `has ${jobs} jobs` : undefined;
}
