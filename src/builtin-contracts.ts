import { type CommandContract, isContract } from '../schemas/index.ts';
import { loadExports } from './load-modules.ts';

/** The contracts in `schemas/commands/`. */
export function builtinContracts(): Promise<CommandContract[]> {
  return loadExports(new URL('../schemas/commands/', import.meta.url), isContract);
}
