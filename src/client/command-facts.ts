import { factsSchema, limits, SignalboxError } from '../../schemas/index.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Implementation } from '../plugin/implement.ts';
import { startTimeout } from '../timer.ts';

type Facts = Readonly<Record<string, string>>;

/** How long a connection waits for them: what comes later is told then. */
const maxWaitMs = 500;

/** What the commands of a client find out about its machine. It is asked for anew at each connection. */
export class CommandFacts {
  private readonly faults: FaultReports;
  private readonly onChange: () => void;
  private readonly sources: readonly Source[];

  /** @param onChange is called when facts came too late for their connection. */
  constructor(implementations: readonly Implementation[], faults: FaultReports, onChange: () => void) {
    this.faults = faults;
    this.onChange = onChange;
    this.sources = implementations.flatMap(({ contract, facts }) => (facts ? [new Source(contract.name, facts)] : []));
  }

  /** Of two commands with the same fact the first one says it. */
  get all(): Facts {
    const entries = this.sources.toReversed().flatMap(({ facts }) => Object.entries(facts));
    return Object.fromEntries(Object.entries(Object.fromEntries(entries)).slice(0, limits.maxLabels / 2));
  }

  /** Asks each command that is not being asked. Never rejects. */
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

  /** What was known is forgotten where it fails. */
  async ask(): Promise<void> {
    this.isAsked = true;
    try {
      const parsed = factsSchema.safeParse(await this.find());
      this.facts = parsed.success ? parsed.data : {};
      if (!parsed.success) throw new SignalboxError('bad_result', `facts are names with strings of at most 255 bytes`);
    } catch (error) {
      this.facts = {};
      throw error;
    } finally {
      this.isAsked = false;
    }
  }
}
