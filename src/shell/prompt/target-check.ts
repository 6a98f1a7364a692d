import { SignalboxError } from '../../../schemas/errors.ts';

/**
 * Checks the targets of the line that is being typed. Queries the service once for each change of them, and again when
 * clients have joined or left; never more often than `allow` is called.
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

  /** The known problem of these targets. Queries the service if the answer is unknown or stale. */
  problem(targets: readonly string[]): string | undefined {
    const key = targets.join(',');
    const known = this.answered?.key === key ? this.answered : undefined;
    if ((!known || this.isStale) && this.isAllowed) void this.ask(targets, key);
    return known?.problem;
  }

  /** Call it when clients have joined or left. */
  stale(): void {
    this.isStale = true;
  }

  /** Allows one more query. */
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
