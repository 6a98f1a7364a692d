import type { Line } from '../../support/line-log.ts';
import type { Random } from '../../support/random.ts';
import { createScript, type ScriptLine } from './script.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

const batchLines = 12;
const answerMs = 60_000;

/** Types the script in batches. Lines of a batch that its server had not read when it was killed are lost. */
export class Typist {
  private readonly world: World;
  private readonly script: Generator<ScriptLine, never>;

  constructor(world: World, random: Random) {
    this.world = world;
    this.script = createScript(random);
  }

  /** Resolves when the next batch has been carried out, or its server is gone. */
  async typeBatch(): Promise<void> {
    await until('a server', () => this.world.server !== undefined, answerMs);
    const { server } = this.world;
    if (!server) return;
    const from = server.log.lines.length;
    server.type(...this.batch(newestCounter(server.log.lines)), 'use');
    const isAnswered = () => server.log.lines.slice(from).some(({ type }) => type === 'answer');
    await until('an answer to a batch of lines', () => isAnswered() || this.world.server !== server, answerMs);
  }

  private batch(newest: number): string[] {
    let counter = newest;
    return Array.from({ length: batchLines }, () => {
      const line = this.script.next().value;
      if ('cancelBack' in line) return `cancel ${Math.max(1, counter - line.cancelBack)}`;
      if (line.sends) counter += 1;
      return line.text;
    });
  }
}

/** The counter of the newest id that this server has made. */
function newestCounter(lines: readonly Line[]): number {
  const own = lines.findLast(({ id, adopted }) => id !== undefined && adopted !== true);
  return Number(own?.id?.split('.')[1] ?? 0);
}
