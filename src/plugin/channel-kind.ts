import { z } from 'zod';
import type { Channel } from './channel.ts';

/** What a channel may use while it is opened. */
export interface ChannelContext {
  /** That of the configuration: relative paths begin there. */
  readonly folder: string;
  /** The text of a file that nobody else can read, such as a token. @throws SignalboxError `bad_usage` */
  readSecret(path: string): string;
}

/** A kind of channel for notifications: `channels: { NAME: { KIND: { … } } }` in the configuration. */
export interface ChannelKind<Options extends z.ZodObject = z.ZodObject> {
  /** Schema of what stands below the kind. Fields that it does not have are refused. */
  readonly options: Options;
  /** Opens one. An error stops the start; when the configuration is read again the channels stay as they were. */
  // A method, not a property: parameters of methods are bivariant.
  open(options: z.output<Options>, context: ChannelContext): Channel | Promise<Channel>;
}

/** Declares a kind of channel: its options have the types of their schema. */
export const defineChannel = <Options extends z.ZodObject>(kind: ChannelKind<Options>): ChannelKind<Options> => kind;

const nameOfKind = /^[a-z][a-z0-9-]{0,62}$/;

/** Whether these are kinds of channels by their names. */
export function areChannelKinds(value: unknown): value is Readonly<Record<string, ChannelKind>> {
  return (
    value !== null &&
    typeof value === 'object' &&
    Object.entries(value).every(([name, kind]) => {
      const { options, open } = Object(kind) as Partial<ChannelKind>;
      return nameOfKind.test(name) && options instanceof z.ZodObject && typeof open === 'function';
    })
  );
}
