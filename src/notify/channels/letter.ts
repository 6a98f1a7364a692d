import { z } from 'zod';
import { cutText } from '../../../schemas/cut-text.ts';
import type { Notification } from '../../plugin/channel.ts';

const maxSubjectBytes = 200;

const bodySchema = z.object({
  timestamp: z.string(),
  data: z.object({
    count: z.number(),
    events: z.array(z.looseObject({ at: z.string(), text: z.string() })).default([]),
    firstAt: z.string().optional(),
    lastAt: z.string().optional(),
  }),
});

/** A message as a mail. Depends only on the message, also its Date and Message-ID. */
export function letterOf(
  { id, event, text, body }: Notification,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
) {
  const { timestamp, data } = bodySchema.parse(JSON.parse(body));
  const { count, events, firstAt, lastAt } = data;
  const listed = events.flatMap(({ at, text: line, arguments: given, output, error }) => [
    `${at}  ${line}`,
    ...(given === undefined ? [] : indented(JSON.stringify(given))),
    ...(typeof error === 'string' ? indented(error) : []),
    ...(typeof output === 'string' ? indented(output) : []),
  ]);
  const more = count > events.length && events.length > 0 ? [`… ${count} from ${firstAt} to ${lastAt}`] : [];
  return {
    from,
    to: [...to],
    subject: cutText(text.replaceAll(/\p{Cc}+/gu, ' ').trim(), maxSubjectBytes),
    text: `${[text, ...(listed.length === 0 ? [] : ['', ...listed, ...more])].join('\n')}\n`,
    date: new Date(timestamp),
    messageId: `<${id}@${from.split('@').at(-1)}>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Signalbox-Id': id,
      'X-Signalbox-Event': event,
      'X-Signalbox-Count': String(count),
    },
  };
}

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`);
