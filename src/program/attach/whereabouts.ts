import type { RemoteOptions } from '../../remote/remote-core.ts';
import type { AttachOptions } from './attach-options.ts';

/** What `attach` is told of the server that is meant. */
export type Named = Pick<AttachOptions, 'as' | 'socketDir' | 'tokenFile' | 'tlsCa' | 'tlsCert' | 'tlsKey'>;

/** The server that is meant, and as whom it is called. */
export interface Whereabouts extends Pick<RemoteOptions, 'path' | 'as'> {
  /** What follows `signalbox attach` to reach it again, with a space behind it, as words of a shell. */
  readonly again: string;
}
