import { SignalboxError } from '../../../schemas/errors.ts';

/**
 * What is wrong with the targets of the line that is being typed. The service is asked once for each change of them,
 * and again when clients have come or gone; never more often than `allow` is called.
 */
export class TargetCheck {
  private readonly resolve: (targets: readonly string[]) => Promise<unknown>;
  private readonly onAnswer: () => void;
  private answered: { readonly key: string; readonly problem: string | undefined } | undefined;
  private isStale = false;
  private isAllowed = true;

  constructor(resolve: (targets: readonly string[]) => Promise<unknown>, onAnswer: () => void) {
    this.resolve = resolve;
    this.onAnswer = onAnswer;
  }

  /** What is known now; what is not is asked for. */
  problem(targets: readonly string[]): string | undefined {
    const key = targets.join(',');
    const known = this.answered?.key === key ? this.answered : undefined;
    if ((!known || this.isStale) && this.isAllowed) void this.ask(targets, key);
    return known?.problem;
  }

  /** Clients have come or gone. */
  stale(): void {
    this.isStale = true;
  }

  /** From now on the service may be asked again, once. */
  allow(): void {
    this.isAllowed = true;
  }

  private async ask(targets: readonly string[], key: string): Promise<void> {
    this.isAllowed = false;
    this.isStale = false;
    const problem = await this.resolve(targets).then(
      () => undefined,
      (error) => SignalboxError.from(error, 'internal').message.split('\n')[0],
    );
    this.answered = { key, problem };
    this.onAnswer();
  }
}
