import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ChannelDefinitions } from '../../schemas/notify.ts';
import type { Host } from '../host/host.ts';
import { createCommandChannel } from '../notify/channels/command.ts';
import { createLogChannel } from '../notify/channels/log.ts';
import { createWebhook } from '../notify/channels/webhook.ts';
import type { Channel } from '../plugin/channel.ts';
import type { ChannelKind } from '../plugin/channel-kind.ts';
import { readBounded } from '../read-bounded.ts';
import type { NotifySections } from './config/notify-of.ts';

interface ChannelUse {
  readonly host: Host;
  /** Kinds of channels of plug-ins, by name. */
  readonly kinds: ReadonlyMap<string, ChannelKind> | undefined;
  readonly logger: Logger | undefined;
}

/** Opens the channels of a configuration. @throws SignalboxError `bad_usage`, with the name of the channel. */
export async function channelsOf(
  { channels, folder }: NotifySections,
  use: ChannelUse,
): Promise<ReadonlyMap<string, Channel>> {
  const opened = new Map<string, Channel>();
  for (const [name, definition] of Object.entries(channels)) {
    try {
      opened.set(name, await channelOf(definition, folder, use));
    } catch (error) {
      const { message } = SignalboxError.from(error, 'internal');
      throw new SignalboxError('bad_usage', `channels.${name}: ${message}`, { cause: error });
    }
  }
  return opened;
}

async function channelOf(
  { webhook, mail, command, log, ...others }: ChannelDefinitions[string],
  folder: string,
  { host, logger, kinds }: ChannelUse,
): Promise<Channel> {
  const caOf = (path: string | undefined) =>
    path === undefined ? undefined : readBounded(resolve(folder, path), `the ca file ${path}`);
  if (webhook) {
    const secret = readSecret(folder, webhook.secretFile);
    return createWebhook({ url: webhook.url, secret, ca: caOf(webhook.ca) });
  }
  if (mail) {
    const { passwordFile, ca, ...known } = mail;
    const password = passwordFile === undefined ? undefined : readSecret(folder, passwordFile);
    const { createMailChannel } = await import('../notify/channels/mail.ts');
    return await createMailChannel({ ...known, password, ca: caOf(ca) });
  }
  if (command) return createCommandChannel({ run: command.run, cwd: folder, env: host.env });
  if (log !== undefined && logger) return createLogChannel(logger);
  for (const [name, options] of Object.entries(others)) {
    const kind = kinds?.get(name);
    if (!kind) continue;
    const context = { folder, readSecret: (path: string) => readSecret(folder, path) };
    return await kind.open(kind.options.strict().parse(options ?? {}), context);
  }
  throw new SignalboxError('bad_usage', 'a log channel needs --log');
}

/** The text of a file that nobody else can read. @throws SignalboxError `bad_usage` */
function readSecret(folder: string, name: string): string {
  const path = resolve(folder, name);
  // The name is not shown: it may be the secret itself, put where the name of its file belongs.
  if (!existsSync(path))
    throw new SignalboxError('bad_usage', `the secret file does not exist; its path is relative to ${folder}`);
  const text = readBounded(path, `the secret ${path}`);
  if ((statSync(path).mode & 0o007) !== 0)
    throw new SignalboxError('bad_usage', `others can read ${path}; run: chmod 640 ${path}`);
  return text.replace(/\r?\n$/, '');
}
