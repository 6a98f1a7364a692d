import type { RemoteOptions } from '../../remote/remote-core.ts';
import type { AttachOptions } from './attach-options.ts';

/** What `attach` is told of the server that is meant. */
export type Named = {
  readonly [Option in 'as' | 'context' | 'socketDir' | 'tokenFile' | 'tlsCa' | 'tlsCert' | 'tlsKey']?:
    | AttachOptions[Option]
    | undefined;
};

/** The server that is meant, and as whom it is called. */
export interface Whereabouts extends Pick<RemoteOptions, 'path' | 'as'> {
  /** What follows `signalbox attach` to reach it again, with a space behind it, as words of a shell. */
  readonly again: string;
  /** Which context decided, for people. Undefined where none did. */
  readonly decided?: string;
}
