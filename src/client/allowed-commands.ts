import { SignalboxError } from '../../schemas/index.ts';
import type { Implementation } from './implement.ts';

/**
 * What a client runs, of what it can: that which is allowed by name, or all that cannot run code.
 * @throws SignalboxError `bad_usage` where a name is no command of it.
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
    throw new SignalboxError('bad_usage', `${unknown} cannot be allowed: this client's commands are: ${known}`);
  }
  return commands.filter(({ contract }) => allow?.includes(contract.name) ?? !contract.runsCode);
}
