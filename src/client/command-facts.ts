import { factsSchema, limits, SignalboxError } from '../../schemas/index.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Implementation } from '../plugin/implement.ts';
import { startTimeout } from '../timer.ts';

type Facts = Readonly<Record<string, string>>;

/** Maximum time that a connection waits for facts. Later ones are sent as a change. */
const maxWaitMs = 500;

/** Facts that the commands of a client detect about its machine. They are collected again for each connection. */
export class CommandFacts {
  private readonly faults: FaultReports;
  private readonly onChange: () => void;
  private readonly sources: readonly Source[];

  /** @param onChange is called when facts arrive after their connection. */
  constructor(implementations: readonly Implementation[], faults: FaultReports, onChange: () => void) {
    this.faults = faults;
    this.onChange = onChange;
    this.sources = implementations.flatMap(({ contract, facts }) => (facts ? [new Source(contract.name, facts)] : []));
  }

  /** If two commands report the same fact, the first command wins. */
  get all(): Facts {
    const entries = this.sources.toReversed().flatMap(({ facts }) => Object.entries(facts));
    return Object.fromEntries(Object.entries(Object.fromEntries(entries)).slice(0, limits.maxLabels / 2));
  }

  /** Asks each command whose previous answer is not pending. Never rejects. */
  async refresh(): Promise<void> {
    const asked = this.sources.filter(({ isAsked }) => !isAsked);
    if (asked.length === 0) return;
    using timeUp = startTimeout(maxWaitMs);
    const { signal } = timeUp;
    const isLate = () => signal.aborted;
    const answered = Promise.all(asked.map((source) => this.ask(source, isLate)));
    await Promise.race([answered, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
  }

  private async ask(source: Source, isLate: () => boolean): Promise<void> {
    const before = JSON.stringify(source.facts);
    await source.ask().catch((error) => this.faults.report(`facts of ${source.command}`, error, source));
    if (isLate() && JSON.stringify(source.facts) !== before) this.onChange();
  }
}

class Source {
  readonly command: string;
  facts: Facts = {};
  isAsked = false;
  private readonly find: () => Promise<Facts> | Facts;

  constructor(command: string, find: () => Promise<Facts> | Facts) {
    this.command = command;
    this.find = find;
  }

  /** Forgets the previous facts if it fails. */
  async ask(): Promise<void> {
    this.isAsked = true;
    try {
      const parsed = factsSchema.safeParse(await this.find());
      this.facts = parsed.success ? parsed.data : {};
      if (!parsed.success)
        throw new SignalboxError('bad_result', `facts must be names with strings of at most 255 bytes`);
    } catch (error) {
      this.facts = {};
      throw error;
    } finally {
      this.isAsked = false;
    }
  }
}
