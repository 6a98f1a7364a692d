import { readFileSync } from 'node:fs';
import { SignalboxError } from '../../../schemas/errors.ts';
import { readPrivateText } from '../../private-text.ts';
import { wordsOf } from '../../process/system-error.ts';
import { httpsPlace } from '../../remote/https-place.ts';
import type { Place } from '../../remote/place.ts';
import { shellWord } from '../../shell-word.ts';
import type { Named, Whereabouts } from './whereabouts.ts';

const maxPemBytes = 1_048_576;
const maxTokenBytes = 4_096;

/**
 * The server at an address, with the credentials for it.
 * @throws SignalboxError `bad_usage` for an address or files that cannot be used, `not_allowed` without credentials, or if
 * others can read them.
 */
export function httpsAt(address: string, named: Named, env: NodeJS.ProcessEnv): Whereabouts {
  const url = parseUrl(address);
  const words = [
    address,
    ...(named.tokenFile === undefined || named.tokenFile === env.SIGNALBOX_TOKEN_FILE
      ? []
      : ['--token-file', named.tokenFile]),
    ...(named.tlsCa === undefined ? [] : ['--tls-ca', named.tlsCa]),
    ...(named.tlsCert === undefined ? [] : ['--tls-cert', named.tlsCert]),
    ...(named.tlsKey === undefined ? [] : ['--tls-key', named.tlsKey]),
  ];
  return { path: placeOf(url, named), as: undefined, again: words.map((word) => `${shellWord(word)} `).join('') };
}

/** @throws SignalboxError `bad_usage` */
export function parseUrl(address: string): URL {
  const url = URL.parse(address);
  const form = 'use https://HOST:PORT';
  // Without the address, which may contain a password.
  if (url?.username !== '' || url.password !== '') {
    throw new SignalboxError('bad_usage', `the address is not valid; ${form}`);
  }
  if (url.protocol !== 'https:') throw new SignalboxError('bad_usage', `the address must use https; ${form}`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new SignalboxError('bad_usage', `the address may not continue after ${url.origin}; ${form}`);
  }
  return url;
}

function placeOf(url: URL, { tokenFile, tlsCa, tlsCert, tlsKey }: Named): Place {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new SignalboxError('bad_usage', '--tls-cert and --tls-key must be given together');
  }
  if (tokenFile === undefined && tlsCert === undefined) {
    const ways = 'give --token-file FILE, or --tls-cert FILE and --tls-key FILE';
    throw new SignalboxError('not_allowed', `${url.origin} accepts operators only: ${ways}`);
  }
  const credentials = {
    token: tokenFile === undefined ? undefined : readToken(tokenFile),
    ca: readPem(tlsCa, '--tls-ca'),
    cert: readPem(tlsCert, '--tls-cert'),
    key: tlsKey === undefined ? undefined : readPrivateText(tlsKey, maxPemBytes),
  };
  try {
    return httpsPlace(url, credentials);
  } catch (cause) {
    const files = [tlsCa && `--tls-ca ${tlsCa}`, tlsCert && `--tls-cert ${tlsCert}`, tlsKey && `--tls-key ${tlsKey}`];
    const text = `${files.filter(Boolean).join(', ')} cannot be used: ${wordsOf(cause)}`;
    throw new SignalboxError('bad_usage', text, { cause });
  }
}

/** @throws SignalboxError `not_allowed` */
function readToken(path: string): string {
  const token = readPrivateText(path, maxTokenBytes).trim();
  if (/^[\w.~+/-]+=*$/.test(token)) return token;
  throw new SignalboxError(
    'not_allowed',
    `${path} contains no token: it must be one line, as printed by signalbox operators add`,
  );
}

function readPem(path: string | undefined, option: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (cause) {
    throw new SignalboxError('bad_usage', `${option} ${path} cannot be read: ${wordsOf(cause)}`, { cause });
  }
  throw new SignalboxError('bad_usage', `${option} ${path} is not a PEM certificate`);
}
