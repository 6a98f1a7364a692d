import type { CompletionContext } from '../../shell/prompt/complete.ts';
import { untilAborted } from '../../until-aborted.ts';

/** One that stands still would keep the shell waiting. */
const patienceMs = 1_000;
const maxJobs = 100;

/**
 * What a running server knows: its commands, clients and newest jobs.
 * @param address as for `attach`.
 * @returns undefined where no server answers in time.
 */
export async function askServer(
  address: string | undefined,
  where: { readonly socketDir: string | undefined; readonly env: NodeJS.ProcessEnv },
): Promise<Pick<CompletionContext, 'commands' | 'clients' | 'jobs'> | undefined> {
  return await untilAborted(ask(address, where), AbortSignal.timeout(patienceMs)).catch(() => undefined);
}

async function ask(address: string | undefined, where: Parameters<typeof askServer>[1]) {
  const [{ serverAt }, { RemoteJobService }] = await Promise.all([
    import('../attach/server-at.ts'),
    import('../../remote/remote-job-service.ts'),
  ]);
  const { grpc: path } = await serverAt(address, where);
  await using service = await RemoteJobService.connect({ path, awayMs: patienceMs });
  const [clients, { jobs }] = await Promise.all([
    service.clients(),
    service.history({ kind: 'data' }, { limit: maxJobs }),
  ]);
  return { commands: service.commands, clients: () => clients, jobs: () => jobs.toReversed() };
}
