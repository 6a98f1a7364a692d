import { type ChannelDefinitions, channelKinds } from '../../../schemas/notify.ts';
import type { ChannelKind } from '../../plugin/channel-kind.ts';
import type { Plugin } from '../../plugin/define-plugin.ts';
import type { ConfigFile } from './config-file.ts';
import { hint } from './hint.ts';

/** Reports unknown kinds of channels, and errors in the options of channels of plug-ins. */
export function checkChannels(
  file: ConfigFile,
  channels: ChannelDefinitions,
  plugins: readonly Pick<Plugin, 'channels'>[],
): void {
  const added = new Map(plugins.flatMap((plugin) => Object.entries(plugin.channels ?? {})));
  const kinds = [...Object.keys(channelKinds), ...added.keys()];
  for (const [name, channel] of Object.entries(channels)) {
    for (const [kind, options] of Object.entries(channel)) {
      const path = ['channels', name, kind];
      const known = added.get(kind);
      if (!kinds.includes(kind)) {
        file.report(path, `there is no kind of channel ${kind}${hint(kind, kinds)}`, { atKey: true });
      } else if (known && !Object.hasOwn(channelKinds, kind)) checkOptions(file, path, known, options);
    }
  }
}

function checkOptions(file: ConfigFile, path: readonly string[], kind: ChannelKind, options: unknown): void {
  const about = path.join('.');
  for (const issue of kind.options.strict().safeParse(options ?? {}).error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') {
      file.report([...path, ...issue.path], `${[about, ...issue.path].join('.')}: ${issue.message}`);
      continue;
    }
    for (const key of issue.keys) {
      const meant = hint(key, Object.keys(kind.options.shape));
      file.report([...path, ...issue.path, key], `${about} has no option ${key}${meant}`, { atKey: true });
    }
  }
}
