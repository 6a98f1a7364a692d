import { SignalboxError } from '../../../schemas/errors.ts';
import { type ChannelDefinitions, type NotifyRuleDefinition, ruleEvents } from '../../../schemas/notify.ts';
import { createRules } from '../../notify/rule.ts';
import type { Plugin } from '../../plugin/define-plugin.ts';
import { createGroups } from '../../target-groups.ts';
import { checkChannels } from './channels-of-config.ts';
import { ConfigFile } from './config-file.ts';
import { hint } from './hint.ts';

/** The notifications of a configuration. */
export interface NotifySections {
  readonly channels: ChannelDefinitions;
  readonly rules: readonly NotifyRuleDefinition[];
  /** Folder of the file, the base of relative paths. */
  readonly folder: string;
}

/** The part of a plug-in that is needed here. */
export type NamedPlugin = Pick<Plugin, 'name' | 'channels'>;

/** The sections, and a function that rereads them. */
export interface ConfiguredNotify {
  readonly sections: NotifySections;
  /** @throws SignalboxError `bad_usage` if the file is no longer valid. */
  readonly again: () => NotifySections;
}

/** Reports problems to `file`. @param plugins the loaded plug-ins, whose events and kinds of channels may be used. */
export function notifyIn(file: ConfigFile, plugins: readonly NamedPlugin[]): ConfiguredNotify {
  const again = () => {
    const now = new ConfigFile(file.path);
    const sections = sectionsOf(now, plugins);
    now.check();
    return sections;
  };
  return { sections: sectionsOf(file, plugins), again };
}

function sectionsOf(file: ConfigFile, plugins: readonly NamedPlugin[]): NotifySections {
  const { channels, notify } = file.config;
  const [known, rules] = [channels ?? {}, notify ?? []];
  checkChannels(file, known, plugins);
  const names = plugins.map(({ name }) => name);
  for (const [at, rule] of rules.entries()) checkRule(file, at, rule, { plugins: names, channels: Object.keys(known) });
  return { channels: known, rules, folder: file.folder };
}

function checkRule(
  file: ConfigFile,
  at: number,
  rule: NotifyRuleDefinition,
  { plugins, channels }: { plugins: readonly string[]; channels: readonly string[] },
): void {
  for (const [index, event] of rule.on.entries()) {
    const path = ['notify', at, 'on', index];
    const [kind = ''] = event.split('.', 1);
    if (!(ruleEvents as readonly string[]).includes(event) && !plugins.includes(kind)) {
      const isOwn = ruleEvents.some((one) => one.startsWith(`${kind}.`));
      const why = isOwn ? hint(event, ruleEvents) : `: no plug-in ${kind} is loaded`;
      file.report(path, `there is no event ${event}${why}`);
    } else if ((rule.after ?? 1) > 1 && !/^(job|workflow|schedule)\./.test(event)) {
      const instead =
        kind === 'check'
          ? 'checks count failures themselves: check --after'
          : 'it counts events of jobs, workflows and schedules';
      file.report(['notify', at, 'after'], `after cannot be used with ${event}: ${instead}`, { atKey: true });
    }
  }
  for (const [index, name] of rule.to.entries()) {
    if (!channels.includes(name)) {
      file.report(['notify', at, 'to', index], `there is no channel ${name}${hint(name, channels)}`);
    }
  }
  try {
    createRules([rule], createGroups(file.config.server?.group ?? {}));
  } catch (error) {
    file.report(['notify', at, 'target'], SignalboxError.from(error, 'internal').message);
  }
}
