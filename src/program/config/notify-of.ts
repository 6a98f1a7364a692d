import { SignalboxError } from '../../../schemas/errors.ts';
import {
  type ChannelDefinitions,
  channelKinds,
  type NotifyRuleDefinition,
  ruleEvents,
} from '../../../schemas/notify.ts';
import { nearest } from '../../nearest.ts';
import { createRules } from '../../notify/rule.ts';
import { createGroups } from '../../target-groups.ts';
import { ConfigFile } from './config-file.ts';

/** Who is told what, as a configuration says. */
export interface NotifySections {
  readonly channels: ChannelDefinitions;
  readonly rules: readonly NotifyRuleDefinition[];
  /** Of the file: relative paths begin there. */
  readonly folder: string;
}

/** The sections, and how they are read again. */
export interface ConfiguredNotify {
  readonly sections: NotifySections;
  /** @throws SignalboxError `bad_usage` where the file is wrong by now. */
  readonly again: () => NotifySections;
}

/** What is wrong is reported. @param plugins the names of those that are loaded: their events may be named. */
export function notifyIn(file: ConfigFile, plugins: readonly string[]): ConfiguredNotify {
  const again = () => {
    const now = new ConfigFile(file.path);
    const sections = sectionsOf(now, plugins);
    now.check();
    return sections;
  };
  return { sections: sectionsOf(file, plugins), again };
}

function sectionsOf(file: ConfigFile, plugins: readonly string[]): NotifySections {
  const { channels, notify } = file.config;
  const [known, rules] = [channels ?? {}, notify ?? []];
  for (const [name, channel] of Object.entries(known)) {
    for (const kind of Object.keys(channel)) {
      const kinds = Object.keys(channelKinds);
      if (!kinds.includes(kind)) {
        file.report(['channels', name, kind], `there is no kind of channel ${kind}${hint(kind, kinds)}`, {
          atKey: true,
        });
      }
    }
  }
  for (const [at, rule] of rules.entries()) checkRule(file, at, rule, { plugins, channels: Object.keys(known) });
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
        kind === 'check' ? 'a check counts by itself: check --after' : 'it counts jobs, workflows and schedules';
      file.report(['notify', at, 'after'], `after does not go with ${event}: ${instead}`, { atKey: true });
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

function hint(given: string, known: readonly string[]): string {
  const meant = nearest(given, known);
  return meant === undefined
    ? known.length === 0
      ? ''
      : `; there are ${known.join(', ')}`
    : `; did you mean ${meant}?`;
}
