import { type CommandContract, controlCommands, SignalboxError } from '../schemas/index.ts';

/**
 * Rejects distinct contracts that share a name. The same contract may occur twice: the later implementation is used.
 * @throws SignalboxError `bad_usage` if two contracts share a name, or one has the name `start`, `stop` or `terminate`.
 */
export function refuseNamesakes(contracts: readonly CommandContract[]): void {
  const known = new Map<string, CommandContract>(controlCommands.map((contract) => [contract.name, contract]));
  for (const contract of contracts) {
    const before = known.get(contract.name) ?? contract;
    if (before !== contract) throw new SignalboxError('bad_usage', `two commands are called ${contract.name}`);
    known.set(contract.name, contract);
  }
}
