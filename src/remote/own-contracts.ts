import { type CommandContract, isContract } from '../../schemas/index.ts';
import { loadExportsNow } from '../load-modules.ts';

/** Loads the contracts in `schemas/commands/` synchronously. */
export function ownContracts(): CommandContract[] {
  return loadExportsNow(new URL('../../schemas/commands/', import.meta.url), isContract);
}
