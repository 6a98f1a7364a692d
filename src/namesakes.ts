import { type CommandContract, controlCommands, SignalboxError } from '../schemas/index.ts';

/**
 * Of two contracts with one name the later would take the place of the earlier, unseen. One contract may come twice: with two
 * implementations the later is the one that runs.
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
