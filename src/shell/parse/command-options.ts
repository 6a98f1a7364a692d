import type { CommandContract } from '../../../schemas/index.ts';
import { signature } from './signature.ts';

/** An option of every command that it applies to, unless an argument of the command has the same name. */
interface CommandOption {
  readonly option: string;
  /** Short form. */
  readonly short?: string;
  /** Placeholder of its value; undefined for a switch. */
  readonly label?: string;
  /** Help text. */
  readonly about: string;
  readonly isFor: (contract: CommandContract) => boolean;
}

const isData = ({ kind }: CommandContract) => kind === 'data';

const all: readonly CommandOption[] = [
  { option: '--expires', label: 'D', about: 'expire jobs that have not started within this time', isFor: isData },
  { option: '--timeout', label: 'D', about: 'cancel jobs that still run after this time', isFor: isData },
  {
    option: '--wait',
    label: 'D',
    about: 'wait at most this long for outcomes; jobs continue',
    isFor: () => true,
  },
  { option: '--as', label: 'NAME', about: 'name the jobs: cancel NAME, logs NAME/w1', isFor: () => true },
  {
    option: '--pick',
    label: 'N',
    about: 'send only to the N least busy clients that can accept it now; with --expires, the rest wait',
    isFor: isData,
  },
  { option: '--batch', label: 'N|P%', about: 'run on at most this many clients at once', isFor: isData },
  {
    option: '--max-failures',
    label: 'N|P%',
    about: 'with --batch: stop sending after more failures than this',
    isFor: isData,
  },
  {
    option: '--gather',
    short: '-b',
    about: 'show identical output of several clients once, when all have ended; short: -b',
    isFor: isData,
  },
  { option: '--dry-run', about: 'show clients and arguments without sending', isFor: () => true },
  { option: '--yes', about: 'skip the confirmation', isFor: ({ endsClient = false }) => endsClient },
];

export function commandOptions(contract: CommandContract): CommandOption[] {
  const own = new Set(signature(contract).map(({ option }) => option));
  return all.filter(({ option, isFor }) => isFor(contract) && !own.has(option));
}
