import { setTimeout as passing } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Line } from '../../support/line-log.ts';
import type { Program as Fleet, ServerProgram } from '../../support/processes.ts';
import { Program } from '../../support/program.ts';
import { isBegun, isOutcome, jobKey } from '../matchers.ts';

/** The lines of a server's script, each with its number as its message: the fate of each, and what the clients ran. */
export class NumberedLines {
  private readonly server: ServerProgram;
  private readonly fleet: Fleet;
  private readonly targets: ('@all' | `@w${number}` | 'ping')[] = [];

  constructor(server: ServerProgram, fleet: Fleet) {
    this.server = server;
    this.fleet = fleet;
  }

  /** @returns its number. */
  type(target: '@all' | `@w${number}`, seconds: number): number {
    const number = this.targets.push(target);
    this.server.type(`${target} calculate ${seconds} n${number}`);
    return number;
  }

  /** Pings until one is answered: the store accepts commands again. */
  async pingUntilAnswered(): Promise<void> {
    for (;;) {
      const from = this.server.log.lines.length;
      const number = this.targets.push('ping');
      this.server.type('@w1 ping');
      const isIt = (line: Line) => line.line === number || (isOutcome(line) && line.command === 'ping');
      if (isOutcome(await this.server.log.until('an answer', isIt, { from, timeoutMs: 60_000 }))) return;
      await passing(50);
    }
  }

  /** Why a line was refused. */
  codeOf(number: number): string | undefined {
    return this.server.log.lines.find((line) => line.type === 'error' && line.line === number)?.code;
  }

  /** Each was run once by each of its clients and reported, or refused and run by none; if that is unknown, either. */
  async expectRunOnceOrRefused(clients: number): Promise<{ run: number; refused: number; unknown: number }> {
    const counts = { run: 0, refused: 0, unknown: 0 };
    const told = this.told();
    await this.fleet.log.until('what was told', isBegun, { count: told.length });
    const runs = Map.groupBy(this.fleet.log.lines.filter(isBegun), ({ message }) => message);
    for (const [at, target] of this.targets.entries()) {
      if (target === 'ping') continue;
      const begun = (runs.get(`n${at + 1}`) ?? []).map(jobKey);
      const code = this.codeOf(at + 1);
      const all = target === '@all' ? clients : 1;
      const allowed = code === undefined ? [all] : code === 'unknown' ? [0, all] : [0];
      expect(allowed, `line ${at + 1} ${code}`).toContain(begun.length);
      expect(new Set(begun).size, `line ${at + 1}`).toBe(begun.length);
      expect([undefined, 'unknown', 'unavailable']).toContain(code);
      counts[code === undefined ? 'run' : code === 'unknown' ? 'unknown' : 'refused'] += 1;
    }
    expect(told).toEqual(
      [...runs.values()]
        .flat()
        .map((line) => `${jobKey(line)} completed`)
        .toSorted(),
    );
    return counts;
  }

  /** Outcomes as the server has reported them. */
  told(): string[] {
    const outcomes = this.server.log.lines.filter(isOutcome);
    return outcomes.map((line) => `${jobKey(line)} ${line.outcome ?? line.type}`).toSorted();
  }

  /** Outcomes as the store has them. */
  async stored(store: string): Promise<string[]> {
    await using program = new Program('store', 'export', '--store', store);
    expect(await program.exitCode()).toBe(0);
    let id = '';
    return program.json
      .flatMap(({ type, submission, job }) => {
        if (type === 'submission') id = (submission as { id: string }).id;
        const { client, settlement } = (job ?? {}) as { client?: string; settlement?: { outcome: string } };
        return type === 'job' ? [`${id}/${client} ${settlement?.outcome}`] : [];
      })
      .toSorted();
  }
}
