import { type CommandContract, isContract } from '../schemas/index.ts';
import { type Implementation, isImplementation } from './client/implement.ts';
import { loadExports } from './load-modules.ts';

/** The contracts in `schemas/commands/`. */
export function builtinContracts(): Promise<CommandContract[]> {
  return loadExports(new URL('../schemas/commands/', import.meta.url), isContract);
}

/** The implementations in `src/client/commands/`. */
export function builtinImplementations(): Promise<Implementation[]> {
  return loadExports(new URL('./client/commands/', import.meta.url), isImplementation);
}
