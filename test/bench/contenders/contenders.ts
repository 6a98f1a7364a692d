import type { Commander, Fleet, Place } from './commander.ts';

export const contenderNames = ['raw', 'batched', 'signalbox', 'grpc', 'nats'] as const;
export type ContenderName = (typeof contenderNames)[number];

interface Contender {
  open(place: Place): Promise<Commander>;
  join(fleet: Fleet): Promise<void>;
}

/** Loaded on use: a process has one of them, and nothing of the others in its memory. */
export const contenders: Readonly<Record<ContenderName, Contender>> = {
  raw: {
    open: async (place) => (await import('./raw.ts')).RawCommander.open(place),
    join: async (fleet) => (await import('./raw.ts')).joinRaw(fleet),
  },
  batched: {
    open: async (place) => (await import('./raw.ts')).BatchingCommander.open(place),
    join: async (fleet) => (await import('./raw.ts')).joinRaw(fleet),
  },
  signalbox: {
    open: async (place) => (await import('./signalbox.ts')).SignalboxCommander.open(place),
    join: async (fleet) => (await import('./signalbox.ts')).joinSignalbox(fleet),
  },
  grpc: {
    open: async (place) => (await import('./grpc.ts')).GrpcCommander.open(place),
    join: async (fleet) => (await import('./grpc.ts')).joinGrpc(fleet),
  },
  nats: {
    open: async (place) => (await import('./nats.ts')).NatsCommander.open(place),
    join: async (fleet) => (await import('./nats.ts')).joinNats(fleet),
  },
};
