import { freePort } from '../support/free-port.ts';
import { KafkaBroker } from '../support/kafka-broker.ts';
import { PostgresCluster } from '../support/postgres-cluster.ts';
import type { Block } from './markdown.ts';
import { databaseAddress, kafkaAddress } from './missing.ts';

/** The placeholders of pages and their values in a test: ports, the name of the server, services. */
export class Places implements AsyncDisposable {
  private readonly instead: ReadonlyMap<string, string>;
  private readonly ends: AsyncDisposableStack;

  private constructor(instead: ReadonlyMap<string, string>, ends: AsyncDisposableStack) {
    this.instead = instead;
    this.ends = ends;
  }

  /** The values for one page: a block may use what an earlier one has started. */
  static async for(blocks: readonly Block[]): Promise<Places> {
    await using ends = new AsyncDisposableStack();
    const instead = new Map([['SERVER', '127.0.0.1']]);
    const names = (address: string) => blocks.some(({ text }) => text.includes(address));
    if (names(kafkaAddress)) instead.set(kafkaAddress, ends.use(await KafkaBroker.start()).address);
    if (names(databaseAddress)) {
      const { port } = ends.use(await PostgresCluster.start());
      instead.set(databaseAddress, `postgres://box@127.0.0.1:${port}/postgres`);
    }
    // For clients, operators, and a web server.
    for (const port of ['5555', '8443', '8080']) instead.set(port, `${await freePort()}`);
    return new Places(instead, ends.move());
  }

  fill(script: string): string {
    return [...this.instead].reduce((text, [from, to]) => text.replaceAll(from, to), script);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ends.disposeAsync();
  }
}
