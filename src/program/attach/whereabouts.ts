import type { RemoteOptions } from '../../remote/remote-core.ts';
import type { AttachOptions } from './attach-options.ts';

/** Options and variables of `attach` that select the server. */
export type Named = {
  readonly [Option in 'as' | 'context' | 'socketDir' | 'tokenFile' | 'tlsCa' | 'tlsCert' | 'tlsKey']?:
    | AttachOptions[Option]
    | undefined;
};

/** The selected server, and the name to call it with. */
export interface Whereabouts extends Pick<RemoteOptions, 'path' | 'as'> {
  /** The shell words after `signalbox attach` that reach it again, with a trailing space. */
  readonly again: string;
  /** The context that was used, for people. Undefined without one. */
  readonly decided?: string;
}
