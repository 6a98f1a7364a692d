// Over 250 lines: one API, whose tests share the plug-ins created at the top.
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  builtinContracts,
  type CommandContract,
  createClient,
  createServer,
  defineCommand,
  definePlugin,
  type Event,
  type Fault,
  type Interceptor,
  implement,
  type Plugin,
  type PluginHost,
  type PluginUse,
  SignalboxError,
} from '../../src/index.ts';
import { setUpPlugins } from '../../src/plugin/set-up.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';

const nobody = 'tcp://127.0.0.1:1';
const bind = 'tcp://127.0.0.1:*';

const double = defineCommand({
  name: 'double',
  summary: 'Double a number.',
  args: z.strictObject({ n: z.number() }),
  result: z.number(),
  example: 'double 4',
});
const named = (name: string) => defineCommand({ ...double, name, example: `${name} 4` });

/** A plug-in with this setup function. */
const plugin = (name: string, setup: (host: PluginHost) => void | Promise<void> = () => {}) =>
  definePlugin({ name, apiVersion: 1, setup });

const onServer = async (...plugins: (Plugin | PluginUse)[]) => {
  await using _ = await createServer({ bind, plugins, commands: await builtinContracts() });
};
const onClient = async (...plugins: (Plugin | PluginUse)[]) => {
  await using _ = await createClient({ connect: nobody, name: 'w1', plugins });
};

describe('a plug-in adds', () => {
  describe('a method of the service', () => {
    const greet = {
      name: 'greet',
      request: z.strictObject({ name: z.string() }),
      response: z.strictObject({ text: z.string(), as: z.string(), bytes: z.instanceof(Uint8Array) }),
    };
    const answer = (text: string, as: string) => ({ text, as, bytes: new Uint8Array([1]) });
    const hello = plugin('hello', (host) => {
      host.method({ ...greet, handle: ({ name }, { actor }) => answer(`hello ${name}`, actor) });
      host.method({ ...greet, name: 'fails', handle: () => Promise.reject(new Error('no')) });
      host.method({ ...greet, name: 'refuses', handle: () => Promise.reject(new SignalboxError('busy', 'later')) });
      host.method({ ...greet, name: 'lies', handle: () => ({ text: 1 }) as never });
    });

    test('that passes the interceptors and knows its caller', async () => {
      const seen: unknown[] = [];
      const interceptors: Interceptor[] = [
        async (call, next) => {
          seen.push(call);
          return await next(call.method === 'call' ? { ...call, request: { name: 'you' } } : call);
        },
      ];
      await using server = await createServer({ bind, plugins: [hello], interceptors });
      const called = await server.as('ada').call('hello/greet', { name: 'me' });
      expect(called).toEqual(answer('hello you', 'ada'));
      expect(seen).toEqual([{ method: 'call', actor: 'ada', name: 'hello/greet', request: { name: 'me' } }]);
    });

    test.each([
      ['hello/gret', {}, 'unknown_command', /did you mean hello\/greet/],
      ['hello/greet', {}, 'bad_arguments', /name/],
      ['hello/greet', { name: 'x', more: 1 }, 'bad_arguments', /more/],
      ['hello/fails', { name: 'x' }, 'command_failed', /no/],
      ['hello/refuses', { name: 'x' }, 'busy', /later/],
      ['hello/lies', { name: 'x' }, 'bad_result', /hello\/lies.*text/s],
    ])('%s with %j rejects with %s', async (method, request, code, message) => {
      await using server = await createServer({ bind, plugins: [hello] });
      await expect(server.call(method, request)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    });

    test('that ends for a caller that no longer waits', async () => {
      const begun = Promise.withResolvers<AbortSignal>();
      const slow = plugin('slow', (host) => {
        host.method({
          ...greet,
          name: 'wait',
          handle(_, { signal }) {
            begun.resolve(signal);
            return Promise.withResolvers<never>().promise;
          },
        });
      });
      await using server = await createServer({ bind, plugins: [slow] });
      const leave = new AbortController();
      const called = server.call('slow/wait', { name: 'x' }, { signal: leave.signal });
      const signal = await begun.promise;
      leave.abort(new Error('left'));
      await expect(called).rejects.toThrow('left');
      expect(signal.aborted).toBe(true);
    });

    test('only once, with a name and types', async () => {
      const twice = plugin('twice', (host) => {
        for (let added = 0; added < 2; added += 1) host.method({ ...greet, handle: () => answer('', '') });
      });
      await expect(onServer(twice)).rejects.toThrow('the method twice/greet already exists');
      const bare = plugin('bare', (host) => host.method({ name: 'greet' } as never));
      await expect(onServer(bare)).rejects.toThrow('host.method takes a name');
    });
  });

  test('a kind of store, which is selected by the scheme of its addresses', async () => {
    const store = createMemoryStore();
    const given: unknown[] = [];
    const own = plugin('own', (host) =>
      host.store('own', async (...args) => {
        given.push(args);
        return store;
      }),
    );
    await using added = await setUpPlugins([own], { side: 'server' });
    expect(await added.stores.get('own')?.('own://here', { readOnly: true })).toBe(store);
    expect(given).toEqual([['own://here', { readOnly: true }]]);
    const other = plugin('other', (host) => host.store('own', async () => store));
    await expect(setUpPlugins([own, other], { side: 'server' })).rejects.toThrow(
      'plug-in own already provides stores at own:',
    );
    const file = plugin('file', (host) => host.store('sqlite', async () => store));
    await expect(setUpPlugins([file], { side: 'server' })).rejects.toThrow(
      'signalbox already provides stores at sqlite:',
    );
  });

  test('a command that runs, an observer that gets its events and an interceptor that refuses', async () => {
    const heard: Event['type'][] = [];
    const even = plugin('even', (host) => {
      host.command(implement(double, ({ n }) => 2 * n));
      host.observer({ name: 'even', on: ({ type }) => void heard.push(type) });
      host.interceptor(async (call, next) => {
        if (call.method === 'submit' && call.args.n === 13) throw new SignalboxError('not_allowed', 'not 13');
        return await next(call);
      });
    });
    await using server = await createServer({ bind, plugins: [even] });
    await using _ = await createClient({ connect: server.endpoint, name: 'w1', plugins: [even], ready: true });
    await server.waitForClients(1);
    const { outcomes } = await server.submit('w1', double, { n: 4 });
    expect(await outcomes).toMatchObject([{ outcome: 'completed', result: 8 }]);
    await expect(server.submit('w1', double, { n: 13 })).rejects.toThrow('not 13');
    expect(heard).toContain('job.settled');
  });

  test('a function that runs when the server listens, with its service', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const starter = plugin('starter', (host) => host.onStart((service) => resolve(service.endpoint)));
    await using server = await createServer({ bind, plugins: [starter] });
    expect(await promise).toBe(server.endpoint);
  });

  test('to each side what applies there, and knows which side it is', async () => {
    const sides: string[] = [];
    const both = plugin('both', (host) => {
      sides.push(host.side);
      host.observer({ name: 'both', on() {} });
      host.command(implement(double, ({ n }) => 2 * n));
      host.onStart(() => {});
    });
    await onServer(both);
    await onClient(both);
    expect(sides).toEqual(['server', 'client']);
  });

  test('nothing after its setup', async () => {
    let kept: PluginHost | undefined;
    await onServer(
      plugin('keeper', (host) => {
        kept = host;
      }),
    );
    expect(() => kept?.observer({ name: 'late', on() {} })).toThrow('host.observer was called after setup');
  });
});

describe('the end of plug-ins', () => {
  test.each([
    ['server', onServer],
    ['client', onClient],
  ])('comes in reverse order when the %s has closed, and a fault of one does not keep the others', async (_, run) => {
    const ended: string[] = [];
    const ends = (name: string) =>
      plugin(name, (host) => {
        host.onEnd(() => void ended.push(`${name} 1`));
        host.onEnd(async () => void ended.push(`${name} 2`));
      });
    await run(ends('a'), ends('b'));
    expect(ended).toEqual(['b 2', 'b 1', 'a 2', 'a 1']);
  });

  test('also comes if a later plug-in cannot be set up', async () => {
    const ended: string[] = [];
    const first = plugin('first', (host) => host.onEnd(() => void ended.push('first')));
    const broken = plugin('broken', (host) => {
      host.onEnd(() => void ended.push('broken'));
      throw new Error('no license');
    });
    await expect(onServer(first, broken)).rejects.toThrow('plug-in broken cannot be set up: no license');
    expect(ended).toEqual(['broken', 'first']);
  });

  test('also comes if the server cannot listen', async () => {
    const ended: string[] = [];
    const first = plugin('first', (host) => host.onEnd(() => void ended.push('first')));
    await expect(createServer({ bind: 'tcp://10.0.0.1:1', plugins: [first] })).rejects.toThrow(SignalboxError);
    expect(ended).toEqual(['first']);
  });
});

describe('errors after the start are reported once, by name, and end nothing', () => {
  test.each<[string, (host: PluginHost) => void, string]>([
    [
      'of onStart',
      (host) =>
        host.onStart(() => {
          throw new Error('no');
        }),
      'plug-in bad',
    ],
    ['of a promise of onStart', (host) => host.onStart(() => Promise.reject(new Error('no'))), 'plug-in bad'],
    [
      'of onEnd',
      (host) =>
        host.onEnd(() => {
          throw new Error('no');
        }),
      'plug-in bad',
    ],
    ['of a promise of onEnd', (host) => host.onEnd(() => Promise.reject(new Error('no'))), 'plug-in bad'],
  ])('%s', async (_, setup, source) => {
    const faults: Fault[] = [];
    const onFault = (fault: Fault) => void faults.push(fault);
    const server = await createServer({ bind, plugins: [plugin('bad', setup)], onFault });
    await server.close();
    expect(faults.map((fault) => [fault.source, fault.error.message])).toEqual([[source, 'no']]);
  });
});

describe('no server and no client starts with', () => {
  const rejecting = plugin('rejecting', () => Promise.reject(new Error('no license')));
  const whole = { name: 'whole', usage: '', summary: '', example: '', prepare: () => () => {} };
  const notBuiltin =
    'plug-in a cannot be set up: host.builtin takes name, usage, summary, example and prepare, and optionally lists completes and options';

  test.each<[string, (Plugin | PluginUse)[], string]>([
    ['a setup that rejects', [rejecting], 'plug-in rejecting cannot be set up: no license'],
    ['two plug-ins with the same name', [plugin('a'), plugin('a')], 'two plug-ins are called a'],
    [
      'a command that is there already',
      [plugin('a', (host) => host.contract(named('start')))],
      'plug-in a cannot be set up: signalbox already provides a command start',
    ],
    [
      'two commands of one name',
      [plugin('a', (host) => host.contract(double)), plugin('b', (host) => host.contract(named('double')))],
      'plug-in b cannot be set up: plug-in a already provides a command double',
    ],
    [
      'a command and a builtin of one name',
      [
        plugin('a', (host) => host.contract(double)),
        plugin('b', (host) =>
          host.builtin({ name: 'double', usage: '', summary: '', example: '', prepare: () => () => {} }),
        ),
      ],
      'plug-in b cannot be set up: plug-in a already provides a command double',
    ],
    [
      'a command that is no implementation',
      [plugin('a', (host) => host.command(double as never))],
      'plug-in a cannot be set up: host.command takes the return value of implement',
    ],
    [
      'half a builtin',
      [plugin('a', (host) => host.builtin({ name: 'half', prepare: () => () => {} } as never))],
      notBuiltin,
    ],
    [
      'a builtin that completes by a function',
      [plugin('a', (host) => host.builtin({ ...whole, completes: () => [] } as never))],
      notBuiltin,
    ],
    [
      'a builtin that completes an unknown kind',
      [plugin('a', (host) => host.builtin({ ...whole, completes: ['planet'] } as never))],
      notBuiltin,
    ],
    [
      'a builtin that completes an unknown kind after a word',
      [plugin('a', (host) => host.builtin({ ...whole, completes: [['of'], { of: 'planet' }] } as never))],
      notBuiltin,
    ],
    [
      'a builtin with invalid options',
      [plugin('a', (host) => host.builtin({ ...whole, options: [{ option: '--all' }] } as never))],
      notBuiltin,
    ],
    ['a value that is not a plug-in', [{} as never], "the name of a plug-in must be [a-z][a-z0-9-]*, not 'undefined'"],
    [
      'nothing in place of a plug-in',
      [null as never],
      "the name of a plug-in must be [a-z][a-z0-9-]*, not 'undefined'",
    ],
  ])('%s', async (_, plugins, sentence) => {
    await expect(onServer(...plugins)).rejects.toThrow(sentence);
    await expect(onClient(...plugins)).rejects.toThrow(sentence);
  });

  test('a command of the project', async () => {
    const taker = plugin('taker', (host) => host.contract(named('ping') as CommandContract));
    await expect(onServer(taker)).rejects.toThrow(
      'plug-in taker cannot be set up: signalbox already provides a command ping',
    );
  });

  test('a setup that never ends', async () => {
    vi.useFakeTimers();
    const slow = plugin('slow', () => new Promise(() => {}));
    const refused = expect(setUpPlugins([slow], { side: 'server' })).rejects.toThrow(
      'plug-in slow cannot be set up: it has not ended after 30 s',
    );
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
    vi.useRealTimers();
  });

  test('a plug-in set up while another one is invalid', async () => {
    let count = 0;
    const first = plugin('first', () => {
      count += 1;
    });
    await expect(onServer(first, { plugin: plugin('second'), options: { max: 1 } })).rejects.toThrow();
    expect(count).toBe(0);
  });
});

test.each([
  [{ name: 'Grep' }, "the name of a plug-in must be [a-z][a-z0-9-]*, not 'Grep'"],
  [{ apiVersion: 2 }, 'the plug-in grep has apiVersion 2; this signalbox has version 1 of the plug-in API'],
  [{ apiVersion: undefined }, 'the plug-in grep has apiVersion undefined'],
  [{ setup: 'x' }, 'the plug-in grep has no function setup'],
  [{ options: {} }, 'the plug-in grep has options that are not a zod object'],
])('definePlugin refuses %j', (wrong, sentence) => {
  const definition = { name: 'grep', apiVersion: 1, setup() {}, ...wrong };
  expect(() => definePlugin(definition as never)).toThrow(sentence);
});

describe('options', () => {
  const options = z.strictObject({ max: z.number().max(10).default(3), root: z.string() });
  const withOptions = (given: Record<string, unknown>) => {
    let taken: unknown;
    const asked = definePlugin({
      name: 'asked',
      apiVersion: 1,
      options,
      setup(_, parsed) {
        taken = parsed;
      },
    });
    return onServer({ plugin: asked, options: given }).then(() => taken);
  };

  test('are passed as their schema returns them', async () => {
    expect(await withOptions({ root: '/' })).toEqual({ max: 3, root: '/' });
  });

  test.each([
    [{ root: '/', mx: 3 }, 'plug-in asked has no option mx; did you mean max?'],
    [{ root: '/', max: 11 }, 'plug-in asked: option max: Too big'],
    [{ root: '/', max: '3' }, 'plug-in asked: option max: Invalid input: expected number, received string'],
    [{}, 'plug-in asked: option root: it is missing'],
  ])('such as %j are refused', async (given, sentence) => {
    await expect(withOptions(given)).rejects.toThrow(sentence);
  });
});
