import { SignalboxError } from '../../schemas/errors.ts';
import type { Fault } from './fault.ts';

/** Reports each source once, however often it fails. */
export class FaultReports {
  private readonly onFault: (fault: Fault) => void;
  private readonly reported = new Set<unknown>();

  /** @param onFault default: a warning of the process. */
  constructor(onFault: (fault: Fault) => void = warn) {
    this.onFault = onFault;
  }

  /** @param whose distinguishes sources that share a name. */
  report(source: string, error: unknown, whose: unknown = source): void {
    if (this.reported.has(whose)) return;
    this.reported.add(whose);
    const fault = { source, error: SignalboxError.from(error, 'internal') };
    // `onFault` may fail too; then the process warns.
    const failed = () => warn(fault);
    try {
      const done: unknown = this.onFault(fault);
      if (done !== undefined) Promise.resolve(done).catch(failed);
    } catch {
      failed();
    }
  }
}

function warn({ source, error }: Fault): void {
  process.emitWarning(`${source} failed: ${error.message}`);
}
