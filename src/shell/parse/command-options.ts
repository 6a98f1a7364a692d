import type { CommandContract } from '../../../schemas/index.ts';
import { signature } from './signature.ts';

/** What a command takes beside its own arguments, unless one of these has its name. */
interface CommandOption {
  readonly option: string;
  /** One letter that can be typed instead. */
  readonly short?: string;
  /** Stands for its value; undefined where it takes none. */
  readonly label?: string;
  /** What it means. */
  readonly about: string;
  readonly isFor: (contract: CommandContract) => boolean;
}

const isData = ({ kind }: CommandContract) => kind === 'data';

const all: readonly CommandOption[] = [
  { option: '--expires', label: 'D', about: 'not started in this time: expired', isFor: isData },
  { option: '--timeout', label: 'D', about: 'still running after it: cancelled', isFor: isData },
  {
    option: '--wait',
    label: 'D',
    about: 'not ended in this time: the line ends without it, and what runs goes on',
    isFor: () => true,
  },
  { option: '--as', label: 'NAME', about: 'a name for its jobs: cancel NAME, logs NAME/w1', isFor: () => true },
  {
    option: '--pick',
    label: 'N',
    about: 'only to the N least busy that can take it now; with --expires the rest wait',
    isFor: isData,
  },
  { option: '--batch', label: 'N|P%', about: 'on so many clients at once; the next when one has ended', isFor: isData },
  {
    option: '--max-failures',
    label: 'N|P%',
    about: 'with --batch: when more have failed, nothing more is sent',
    isFor: isData,
  },
  {
    option: '--gather',
    short: '-b',
    about: 'output that is the same on several clients once, when all have ended; or -b',
    isFor: isData,
  },
  { option: '--dry-run', about: 'say where it would go and with which arguments; nothing is sent', isFor: () => true },
  { option: '--yes', about: 'do not ask first', isFor: ({ endsClient = false }) => endsClient },
];

export function commandOptions(contract: CommandContract): CommandOption[] {
  const own = new Set(signature(contract).map(({ option }) => option));
  return all.filter(({ option, isFor }) => isFor(contract) && !own.has(option));
}
