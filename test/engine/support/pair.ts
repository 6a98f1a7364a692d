import { join } from 'node:path';
import type { z } from 'zod';
import type { JobOutcome, ResultOf, Stream, SubmitOptions } from '../../../src/index.ts';
import { container } from '../../../src/plugins/container/contracts/container.ts';
import type { allowedSchema } from '../../../src/plugins/container/create/allowed.ts';
import plugin from '../../../src/plugins/container/plugin.ts';
import { openClient, openServer } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { newName } from './names.ts';

type ContainerArgs = z.input<typeof container.args>;

/** A container job that has ended, and its complete output. */
export interface Ended {
  readonly id: string;
  readonly outcome: JobOutcome<ResultOf<typeof container>>;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

interface PairOptions {
  /** Default: a new one. */
  readonly name?: string;
  readonly allowed?: z.input<typeof allowedSchema>;
  readonly server?: Parameters<typeof openServer>[0];
  readonly client?: Parameters<typeof openClient>[1];
}

/** A server and a client in this process, with the plug-in, over a socket in a folder of the test. */
export async function openContainerPair({ name = newName(), allowed = {}, ...options }: PairOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const bind = `ipc://${join(newFolder(), 's')}`;
  const server = stack.use(await openServer({ bind, plugins: [plugin], ...options.server }));
  const plugins = [{ plugin, options: allowed }];
  const client = stack.use(
    await openClient(server, { name, plugins, allow: ['container'], stateFolder: newFolder(), ...options.client }),
  );
  await server.waitForClients(1);

  const submit = (args: ContainerArgs, submitted?: SubmitOptions) => server.submit(name, container, args, submitted);
  const said = (id: string, stream: Stream) =>
    Buffer.concat(
      server.told.of('job.output').flatMap((one) => (one.id === id && one.stream === stream ? [one.data] : [])),
    );

  /** Runs a container until it has ended and its output was read. */
  const run = async (args: ContainerArgs, submitted?: SubmitOptions): Promise<Ended> => {
    const group = await submit(args, submitted);
    const [outcome] = await group.outcomes;
    if (!outcome) throw new Error('the job has no outcome');
    await server.told.first((event) => event.type === 'job.settled' && event.id === group.id);
    return { id: group.id, outcome, stdout: said(group.id, 'stdout'), stderr: said(group.id, 'stderr') };
  };

  const kept = stack.move();
  return { name, server, client, submit, run, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
