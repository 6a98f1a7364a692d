import { hostname } from 'node:os';
import {
  type ClientInfo,
  cutText,
  type FromClient,
  labelsSchema,
  type Message,
  SignalboxError,
} from '../../schemas/index.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Implementation } from '../plugin/implement.ts';
import { CommandFacts } from './command-facts.ts';

type Described = Pick<Message<FromClient, 'hello'>, 'labels' | 'facts'>;

/** How a client describes itself to people: labels, facts and process. */
export class About {
  private readonly implementations: readonly Implementation[];
  private readonly facts: CommandFacts;
  private labels: Readonly<Record<string, string>>;
  private containment: string | undefined;

  /**
   * @param options.onChange is called when the description has changed.
   * @throws SignalboxError `bad_usage` if the labels are not valid.
   */
  constructor(
    implementations: readonly Implementation[],
    options: {
      readonly labels: Readonly<Record<string, string>> | undefined;
      readonly faults: FaultReports;
      readonly onChange: (described: Described) => void;
    },
  ) {
    this.implementations = implementations;
    this.labels = checkedLabels(options.labels ?? {});
    const onChange = () => options.onChange(this.described);
    this.facts = new CommandFacts(implementations, options.faults, onChange);
  }

  /** @throws SignalboxError `bad_usage` if they are not valid. */
  setLabels(labels: Readonly<Record<string, string>>): void {
    this.labels = checkedLabels(labels);
  }

  get described(): Described {
    return { labels: this.labels, facts: { ...this.facts.all, ...ownFacts() } };
  }

  get info(): ClientInfo {
    return ownInfo(this.containment);
  }

  /** Updates facts and containment before a connection. Never rejects. */
  async refresh(): Promise<void> {
    const refreshed = this.facts.refresh();
    this.containment ??= await this.findContainment();
    await refreshed;
  }

  /** Returns undefined if system resources are short; the next call tries again. */
  private async findContainment(): Promise<string | undefined> {
    for (const { containment } of this.implementations) if (containment) return containment().catch(() => undefined);
    return undefined;
  }
}

/** @throws SignalboxError `bad_usage` if there are too many, or one is not valid. */
function checkedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const parsed = labelsSchema.safeParse(labels);
  if (parsed.success) return parsed.data;
  const rule = 'at most 64, names like those of clients, values [A-Za-z0-9][A-Za-z0-9._:/-]*, at most 63 characters';
  throw new SignalboxError('bad_usage', `the labels of a client are not valid: use ${rule}`);
}

/** Facts about this machine. */
const ownFacts = (): Record<string, string> => ({
  os: process.platform,
  arch: process.arch,
  node: process.versions.node,
});

/** Information about this process. */
const ownInfo = (containment: string | undefined): ClientInfo => ({
  host: cutText(hostname(), 255),
  pid: process.pid,
  platform: process.platform,
  ...(containment !== undefined && { containment }),
});
