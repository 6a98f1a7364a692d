import { SignalboxError } from '../../schemas/index.ts';
import type { Implementation } from './implement.ts';

/**
 * What a client runs, of what it can: that which is allowed by name, or all that cannot run code.
 * @param knowsServer whether the other end is proved to be the right one; on plain loopback it is anybody on the machine.
 * @throws SignalboxError `bad_usage` where a name is no command of it, `not_allowed` where code would be run for anybody.
 */
export function allowedCommands(
  { commands = [], allow }: { commands?: readonly Implementation[]; allow?: readonly string[] },
  knowsServer: boolean,
): Implementation[] {
  const unknown = allow?.find((name) => !commands.some(({ contract }) => contract.name === name));
  if (unknown !== undefined) {
    const known = commands.map(({ contract }) => contract.name).join(', ') || 'none';
    throw new SignalboxError('bad_usage', `${unknown} cannot be allowed: this client's commands are: ${known}`);
  }
  const allowed = commands.filter(({ contract }) => allow?.includes(contract.name) ?? !contract.runsCode);
  const dangerous = allowed.find(({ contract }) => contract.runsCode);
  if (dangerous && !knowsServer) {
    const text = `${dangerous.contract.name} runs code, and anybody on this machine could be the server there`;
    throw new SignalboxError('not_allowed', `${text}; use --credentials or an ipc endpoint`);
  }
  return allowed;
}
