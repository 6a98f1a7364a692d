// A kind of channel for notifications: posts a line to a room of Mattermost, Slack, or any other service with incoming webhooks.
import { DeliveryFailure, defineChannel, definePlugin, SignalboxError } from 'signalbox';
import { z } from 'zod';

const chat = defineChannel({
  options: z.object({
    /** The address is a secret: anyone who knows it may write there. */
    urlFile: z.string(),
    room: z.string().optional(),
  }),
  open({ urlFile, room }, { readSecret }) {
    const url = readSecret(urlFile);
    if (!URL.canParse(url)) throw new SignalboxError('bad_usage', `there is no address in ${urlFile}`);
    return {
      about: `chat ${room ?? new URL(url).host}`,
      async send({ text }, { signal }) {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text, ...(room !== undefined && { channel: room }) }),
          redirect: 'error',
          signal,
        });
        await response.body?.cancel();
        if (!response.ok)
          throw new DeliveryFailure(`it answered ${response.status}`, { isFinal: response.status === 410 });
      },
    };
  },
});

export default definePlugin({ name: 'chat', apiVersion: 1, channels: { chat }, setup() {} });
