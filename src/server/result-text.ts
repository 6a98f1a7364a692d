import type { CommandContract } from '../../schemas/index.ts';
import type { Settlement } from '../jobs/settlement.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';

interface Describing {
  /** Undefined if this server does not know the command. */
  readonly contract: CommandContract | undefined;
  readonly faults: FaultReports;
}

/** The result as text. It is created once, here, because readers may not have the contract. */
export function resultText({ result }: Settlement, { contract, faults }: Describing): { text: string } | undefined {
  if (result === undefined || result === null) return undefined;
  try {
    if (contract?.describe) return { text: String(contract.describe(result)) };
  } catch (error) {
    faults.report(`describe of ${contract?.name}`, error);
  }
  try {
    return { text: JSON.stringify(result) };
  } catch {
    // The schema may transform a result into something that JSON cannot represent.
    return { text: String(result) };
  }
}
