import type { ClientState, Offsets, Outcome, Stream, WireError } from '../../schemas/index.ts';

/** The job that an event is about. */
export interface JobRef {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  /** There and true where it was begun for another server. */
  readonly adopted?: true;
}

/** What a client is seen to be. `offline`: known, and not connected. */
export type SeenState = ClientState | 'unresponsive' | 'offline';

/** All that a server has to tell. */
export type ServerEvent =
  | { readonly type: 'client'; readonly client: string; readonly state: SeenState; readonly reason?: string }
  /**
   * A client was turned away; before it gave its name only its address is known. `times`: how often since the last such event, if
   * more than once. Both `client` and `address` are absent when aggregating sources beyond the first 100; `times` counts them.
   */
  | {
      readonly type: 'refused';
      readonly client?: string;
      readonly address?: string;
      readonly error: WireError;
      readonly times?: number;
    }
  /** The allow-list cannot be read, and the previous one stays in force. Without `error`: it can be read again. */
  | { readonly type: 'allow-list'; readonly error?: WireError }
  | (JobRef & { readonly type: 'accepted' })
  | (JobRef & { readonly type: 'progress'; readonly fraction: number; readonly note?: string })
  | (JobRef & {
      readonly type: 'output';
      readonly stream: Stream;
      readonly offset: number;
      readonly data: Uint8Array;
      /** Bytes before these that are gone. With empty `data`: at the end of the stream. */
      readonly lostBytes?: number;
      /** Bytes before these that an earlier server has written out. */
      readonly takenBytes?: number;
    })
  | (JobRef & { readonly type: 'rejected'; readonly error: WireError })
  | (JobRef & {
      readonly type: 'result';
      readonly outcome: Exclude<Outcome, 'rejected'>;
      readonly result?: unknown;
      readonly error?: WireError;
      readonly durationMs?: number;
      readonly lostOutput?: Offsets;
      readonly outputError?: string;
      readonly roundTripMs?: number;
      readonly lagMs?: number;
    })
  /** A result that came after its job had been settled as `lost`: it changes nothing. */
  | (JobRef & {
      readonly type: 'late';
      readonly outcome: Outcome;
      readonly result?: unknown;
      readonly error?: WireError;
      readonly lostOutput?: Offsets;
      readonly outputError?: string;
    });

/**
 * Takes an event. Where it returns a promise, the event has left this process when that resolves: until then the client
 * keeps what the event is about, and it keeps it for good where the promise rejects.
 */
export type EventListener = (event: ServerEvent) => void | Promise<void>;
