import { RoleGuard } from '../../src/operators/guard.ts';
import type { Operators } from '../../src/operators/operators.ts';
import { callWorkflow, type RequestOf, type RunDetails } from '../../src/plugin/workflow-calls.ts';
import type { Collections } from '../../src/workflow/run-store.ts';
import { Workflows } from '../../src/workflow/workflows.ts';
import { openClient, openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';

export interface FlowScene extends AsyncDisposable {
  readonly server: Awaited<ReturnType<typeof openServer>>;
  readonly workflows: Workflows;
  /** Runs a text to its end. */
  run(text: string, options?: Partial<RequestOf<'run'>>): Promise<RunDetails>;
  /** Starts one. @returns its number. */
  start(text: string, options?: Partial<RequestOf<'run'>>): Promise<number>;
  show(run: number): Promise<RunDetails>;
  ended(run: number): Promise<RunDetails>;
  /** Resolves when a task of a run is in this state. */
  until(run: number, task: string, state: string): Promise<void>;
}

/** A server that carries out workflows, with clients that run programs, in this process. */
export async function openFlows({
  clients = ['w1', 'w2'],
  collections,
  folder,
  lostAfterMs,
  operators,
}: {
  clients?: readonly string[];
  collections?: Collections;
  folder?: string;
  lostAfterMs?: number;
  /** Restricted to their roles. */
  operators?: Operators;
} = {}): Promise<FlowScene> {
  await using opening = new AsyncDisposableStack();
  const workflows = new Workflows({
    collections,
    folder,
    ...(lostAfterMs !== undefined && { lostAfterMs }),
    acting: operators,
    keepMs: 86_400_000,
    warn() {},
  });
  const guard = operators && new RoleGuard(operators);
  const bind = `ipc://${newFolder()}/server.sock`;
  const server = opening.use(await openServer({ bind, guard, methods: workflows.methods }));
  for (const name of clients) opening.use(await openClient(server, { name, allow: ['run', 'calculate'] }));
  await server.waitForClients(clients.length);
  opening.use(workflows);
  await workflows.start(server);
  const opened = opening.move();
  const start: FlowScene['start'] = async (text, options) =>
    (await callWorkflow(server, 'run', { source: { text, file: 'flow.yaml' }, ...options })).run;
  const show: FlowScene['show'] = (run) => callWorkflow(server, 'show', { run });
  const ended: FlowScene['ended'] = (run) => callWorkflow(server, 'wait', { run });
  return {
    ...{ server, workflows, start, show, ended },
    run: async (text, options) => await ended(await start(text, options)),
    async until(run, task, state) {
      const isThere = async () => (await show(run)).tasks.some((one) => one.task === task && one.state === state);
      while (!(await isThere())) await new Promise(setImmediate);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** `a=completed b=skipped` */
export const statesOf = ({ tasks }: RunDetails): string => tasks.map(({ task, state }) => `${task}=${state}`).join(' ');
