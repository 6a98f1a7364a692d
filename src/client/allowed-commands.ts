import { SignalboxError } from '../../schemas/index.ts';
import type { Implementation } from '../plugin/implement.ts';

/**
 * Selects the enabled commands: those in `allow`; without it, all that cannot execute code.
 * @throws SignalboxError `bad_usage` if a name in `allow` is not in `commands`.
 */
export function allowedCommands({
  commands = [],
  allow,
}: {
  commands?: readonly Implementation[];
  allow?: readonly string[];
}): Implementation[] {
  const unknown = allow?.find((name) => !commands.some(({ contract }) => contract.name === name));
  if (unknown !== undefined) {
    const known = commands.map(({ contract }) => contract.name).join(', ') || 'none';
    throw new SignalboxError('bad_usage', `${unknown} cannot be allowed: the commands of this client are: ${known}`);
  }
  return commands.filter(({ contract }) => allow?.includes(contract.name) ?? !contract.runsCode);
}
