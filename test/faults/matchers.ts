import type { Line } from '../support/line-log.ts';

/** Conditions that tests wait for, in the lines of servers and clients. */
export const isAccepted = ({ type }: Line): boolean => type === 'accepted';
export const isOutcome = ({ type }: Line): boolean => type === 'result' || type === 'rejected';
export const isOffline = ({ type, state }: Line): boolean => type === 'client' && state === 'offline';
export const isUnresponsive = ({ type, state }: Line): boolean => type === 'client' && state === 'unresponsive';
export const isReady = ({ type, state }: Line): boolean => type === 'client' && state === 'ready';
export const isRefused = ({ type, state }: Line): boolean => type === 'client' && state === 'refused';
export const isConnected = ({ type }: Line): boolean => type === 'connected';
export const isDisconnected = ({ type }: Line): boolean => type === 'disconnected';
export const isBegun = ({ type }: Line): boolean => type === 'begun';

/** One command on one client. */
export const jobKey = ({ id, client }: Line): string => `${id}/${client}`;
