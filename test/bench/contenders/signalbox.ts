import {
  builtinContracts,
  builtinImplementations,
  createClient,
  createServer,
  ping,
  run,
  type Server,
} from '../../../src/index.ts';
import type { Commander, Fleet, Place } from './commander.ts';

/** The library as any program uses it, with all that is on by default, and with keys where it is given a folder of them. */
export async function joinSignalbox({ port, credentials, name, count }: Fleet): Promise<void> {
  const commands = await builtinImplementations();
  for (let index = 1; index <= count; index += 1) {
    await createClient({
      connect: `tcp://127.0.0.1:${port}`,
      name: `${name}-${index}`,
      ready: true,
      commands,
      ...(credentials !== undefined && { credentials }),
    });
  }
}

export class SignalboxCommander implements Commander {
  private readonly server: Server;
  private first = '';

  private constructor(server: Server) {
    this.server = server;
  }

  static async open({ port, keys }: Place): Promise<SignalboxCommander> {
    const bind = `tcp://127.0.0.1:${port}`;
    const commands = await builtinContracts();
    return new SignalboxCommander(await createServer({ bind, commands, ...(keys !== undefined && { keys }) }));
  }

  async joined(count: number): Promise<void> {
    await this.server.waitForClients(count);
    this.first = (await this.server.clients())[0]?.name ?? '';
  }

  ask(done: () => void): void {
    void this.server
      .submit(this.first, ping, {})
      .then(({ outcomes }) => outcomes)
      .then(allCompleted)
      .then(done);
  }

  runTrue(done: () => void): void {
    void this.server
      .submit(this.first, run, { argv: ['true'] })
      .then(({ outcomes }) => outcomes)
      .then(allCompleted)
      .then(done);
  }

  async gather(): Promise<void> {
    allCompleted(await (await this.server.submit('all', ping, {})).outcomes);
  }

  beat(): void {}
}

/** A refusal is quick too, and no figure. */
function allCompleted(outcomes: readonly { readonly outcome: string }[]): void {
  const other = outcomes.find(({ outcome }) => outcome !== 'completed');
  if (other) throw new Error(`a ping was ${other.outcome}`);
}
