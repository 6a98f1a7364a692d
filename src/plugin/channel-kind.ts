import { z } from 'zod';
import type { Channel } from './channel.ts';

/** What a channel can use while it is opened. */
export interface ChannelContext {
  /** The folder of the configuration, which is the base of relative paths. */
  readonly folder: string;
  /** Reads a file that only its owner can read, such as a token. @throws SignalboxError `bad_usage` */
  readSecret(path: string): string;
}

/** A kind of channel for notifications: `channels: { NAME: { KIND: { … } } }` in the configuration. */
export interface ChannelKind<Options extends z.ZodObject = z.ZodObject> {
  /** Schema of the options of the kind. Unknown fields are refused. */
  readonly options: Options;
  /**
   * Opens a channel. An error prevents the start; when the configuration is read again, it leaves the channels
   * unchanged.
   */
  // A method, not a property: parameters of methods are bivariant.
  open(options: z.output<Options>, context: ChannelContext): Channel | Promise<Channel>;
}

/** Declares a kind of channel. The types of its options are inferred from their schema. */
export const defineChannel = <Options extends z.ZodObject>(kind: ChannelKind<Options>): ChannelKind<Options> => kind;

const nameOfKind = /^[a-z][a-z0-9-]{0,62}$/;

/** Whether the value is a map of names to kinds of channels. */
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
