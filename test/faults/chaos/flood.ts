// A plug-in of the servers of a run: `flood CLIENT COUNT` sends this many commands at once. A script sends them one by
// one, so that a client that reads nothing would have one, and none would wait in the server.
import { calculate, definePlugin } from '../../../src/index.ts';

export default definePlugin({
  name: 'flood',
  apiVersion: 1,
  setup(host) {
    host.builtin({
      name: 'flood',
      usage: 'flood CLIENT COUNT',
      summary: 'Send many commands at once, which may wait.',
      example: 'flood w1 300',
      completes: ['target'],
      prepare(context, [client, count]) {
        return async () => {
          const send = (place: number) =>
            // Half of them have no time to wait.
            context.send([client?.text ?? ''], calculate, { seconds: 0, message: 'flood' }, times[place % 2]);
          await Promise.allSettled(Array.from({ length: Number(count?.text) }, (_, place) => send(place)));
        };
      },
    });
  },
});

const times = [{ expiresInMs: 60_000 }, {}];
