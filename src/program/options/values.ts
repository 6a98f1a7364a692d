import { InvalidArgumentError } from 'commander';
import { areLabels } from '../../../schemas/name-forms.ts';
import { callerForm, isCallerName } from '../../api/caller.ts';
import { type MetricsAddress, parseMetricsAddress } from '../../observe/metrics/address.ts';
import { parseTracesUrl } from '../../observe/traces/url.ts';
import { type HostPort, parseHostPort } from '../../plugins/presence/model/host-port.ts';
import { durationForm, parseDuration } from '../../shell/parse/duration.ts';
import { parseSize, sizeForm } from '../../shell/parse/size.ts';
import { createGroups } from '../../target-groups.ts';
import { addressForm, parseStoreAddress } from '../store/store-address.ts';

export const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`it must be ${durationForm}.`);
  return ms;
};
export const size = (text: string): number => {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(`it must be ${sizeForm}.`);
  return bytes;
};
export const storeAddress = (text: string): string => {
  if (!parseStoreAddress(text)) throw new InvalidArgumentError(`it must be ${addressForm}.`);
  return text;
};
export const count = (text: string): number => {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 0 to 9999.');
  return Number(text);
};
export const days = (text: string): number => {
  if (!/^\d{1,4}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('it must be a whole number from 1 to 9999.');
  return Number(text);
};
export const metricsAddress = (text: string): MetricsAddress => {
  const address = parseMetricsAddress(text);
  if (!address) throw new InvalidArgumentError('it must be :PORT for loopback, or HOST:PORT.');
  return address;
};
export const hostPort = (text: string): HostPort => {
  try {
    return parseHostPort(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
};
export const httpsAddress = (text: string): HostPort => {
  if (/^http:/i.test(text)) {
    throw new InvalidArgumentError('without TLS the API uses only Unix sockets; use https://HOST:PORT.');
  }
  try {
    const [, address = ''] = /^https:\/\/([^/]+)\/?$/i.exec(text) ?? [];
    return parseHostPort(address);
  } catch {
    throw new InvalidArgumentError('it must be https://HOST:PORT, such as https://0.0.0.0:8443.');
  }
};
export const tracesUrl = (text: string): string => {
  const url = parseTracesUrl(text);
  if (url === undefined)
    throw new InvalidArgumentError('it must be http://HOST:PORT or https://…, without a password.');
  return url;
};
/** HTTP/2 drops a header with a control character, so the call would have another sender. */
export const callerName = (text: string): string => {
  if (!isCallerName(text)) throw new InvalidArgumentError(`it must be a name: ${callerForm}.`);
  return text;
};
/** In ms since the epoch. */
export const expiry = (text: string): number => {
  const ms = parseDuration(text);
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const atMs = ms === undefined ? Date.parse(isTime ? text : '') : Date.now() + ms;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError(`it must be ${durationForm}, or a time such as 2031-01-31.`);
  if (ms === 0 || atMs <= Date.now()) throw new InvalidArgumentError('that time is in the past.');
  return atMs;
};
/** Comma-separated names. */
export const names = (text: string): string[] => text.split(',').filter((name) => name !== '');
/** Comma-separated `NAME=VALUE`. */
export const labels = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const given = names(text).map((one) => /^([^=]+)=(.*)$/.exec(one)?.slice(1) ?? []);
  const all = { ...before, ...Object.fromEntries(given) };
  if (given.some(({ length }) => length === 0) || !areLabels(all)) {
    throw new InvalidArgumentError('it must be NAME=VALUE, such as env=prod; a value is [A-Za-z0-9][A-Za-z0-9._:/-]*.');
  }
  return all;
};
/** Semicolon-separated `NAME=TARGET`. */
export const groups = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const given = text.split(';').map((one) => /^([^=]+)=(.+)$/.exec(one.trim())?.slice(1) ?? []);
  const all = { ...before, ...Object.fromEntries(given) };
  try {
    if (given.some(({ length }) => length === 0)) throw new Error('it must be NAME=TARGET, such as web=web-*,!web-9');
    createGroups(all);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return all;
};
export const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];
