import { type CommandContract, controlCommands, SignalboxError } from '../schemas/index.ts';

/**
 * Rejects distinct contracts that share a name. One contract may come twice: of two implementations the later one runs.
 * @throws SignalboxError `bad_usage` where two have one name, those of `start`, `stop` and `terminate` among them.
 */
export function refuseNamesakes(contracts: readonly CommandContract[]): void {
  const known = new Map<string, CommandContract>(controlCommands.map((contract) => [contract.name, contract]));
  for (const contract of contracts) {
    const before = known.get(contract.name) ?? contract;
    if (before !== contract) throw new SignalboxError('bad_usage', `two commands are called ${contract.name}`);
    known.set(contract.name, contract);
  }
}
