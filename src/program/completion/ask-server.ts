import type { JobService } from '../../plugin/job-service.ts';
import type { Candidate } from '../../shell/prompt/candidate.ts';
import type { CompletionContext } from '../../shell/prompt/complete.ts';
import type { Flows } from '../../shell/prompt/flows.ts';
import { untilAborted } from '../../until-aborted.ts';
import { findServer } from '../attach/find-server.ts';
import { serverAt } from '../attach/server-at.ts';
import type { Named, Whereabouts } from '../attach/whereabouts.ts';

/** A blocked server must not keep the shell waiting. */
const patienceMs = 2_000;
const maxJobs = 100;

interface Where {
  readonly socketDir: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

type Known = Pick<CompletionContext, 'commands' | 'groups' | 'clients' | 'jobs' | 'flows'>;

/**
 * Queries a running server for its commands, clients and newest jobs.
 * @param address with `named`, as for `attach`.
 * @param line the typed line: workflows are queried only if it may name some.
 * @returns undefined if no server answers in time.
 */
export async function askServer(
  address: string | undefined,
  named: Named,
  { env, line }: { readonly env: NodeJS.ProcessEnv; readonly line: string },
): Promise<Known | undefined> {
  return await withServer(findServer(address, named, env), async (service) => {
    const [clients, { jobs }, flows] = await Promise.all([
      service.clients(),
      service.history({ kind: 'data' }, { limit: maxJobs }),
      /\b(?:workflow|schedule)\s/.test(line) ? flowsOf(service) : undefined,
    ]);
    return {
      commands: service.commands,
      groups: service.groups,
      clients: () => clients,
      jobs: () => jobs.toReversed(),
      ...(flows && { flows: () => flows }),
    };
  });
}

/** The names of the operators of a running server; empty if none answers in time. */
export async function askOperators(address: string | undefined, where: Where): Promise<readonly Candidate[]> {
  const { callOperators } = await import('../../plugin/operator-calls.ts');
  const at = serverAt(address, where).then(({ grpc: path }) => ({ path, as: undefined }));
  const found = await withServer(at, (service) => callOperators(service, 'list', {}));
  return (found ?? []).map(({ name, role }) => ({ text: name, about: role }));
}

async function withServer<Answer>(
  found: Promise<Pick<Whereabouts, 'path' | 'as'>>,
  ask: (service: JobService) => Promise<Answer>,
): Promise<Answer | undefined> {
  const answer = async (): Promise<Answer> => {
    const [{ path, as }, { RemoteJobService }] = await Promise.all([
      found,
      import('../../remote/remote-job-service.ts'),
    ]);
    await using service = await RemoteJobService.connect({ path, as, awayMs: patienceMs });
    return await ask(service);
  };
  return await untilAborted(answer(), AbortSignal.timeout(patienceMs)).catch(() => undefined);
}

/** A server of an earlier version has no workflows. */
async function flowsOf(service: JobService): Promise<Flows | undefined> {
  const { askFlows } = await import('../../shell/prompt/flows.ts');
  return await askFlows(service).catch(() => undefined);
}
