import { type CommandContract, isContract } from '../../schemas/index.ts';
import { loadExportsNow } from '../load-modules.ts';

/** The contracts in `schemas/commands/`, at once. */
export function ownContracts(): CommandContract[] {
  return loadExportsNow(new URL('../../schemas/commands/', import.meta.url), isContract);
}
