import { describe, expect, test } from 'vitest';
import { type Builtin, SignalboxError } from '../../src/index.ts';
import { builtinsByName } from '../../src/shell/commands.ts';
import { complete } from '../../src/shell/prompt/complete.ts';
import { hintIn, knownIn } from '../support/hinting.ts';
import { openScene } from '../support/in-process-shell.ts';

/** A builtin that a plug-in adds: it counts the jobs of some clients and sends a command. */
const survey: Builtin = {
  name: 'survey',
  usage: 'survey [--quick] CLIENT',
  summary: 'Ask a client how it is.',
  example: 'survey w1',
  completes: ['target'],
  options: [{ option: '--quick', about: 'ask nothing' }],
  prepare(context, words) {
    const [target] = words.filter(({ text }) => text !== '--quick');
    if (!target) throw new Error('which client?');
    return async () => {
      if (!(await context.clientsReady())) return undefined;
      const known = await context.service.list();
      context.output.say(`${known.length} jobs before`, { jobs: known.length });
      if (words.some(({ text }) => text === '--quick')) return undefined;
      return context.send([target.text], context.contract('calculate'), { seconds: 0, message: 'x' });
    };
  },
};

describe('a builtin of a plug-in', () => {
  test('answers, and its command is a part of the script', async () => {
    await using scene = await openScene({ builtins: [survey] });
    await scene.run('ping', 'survey w1', 'wait last');
    await scene.shell.tally.settled();
    expect(scene.said('answer')).toMatchObject([{ jobs: 1 }]);
    expect(scene.said('result').map(({ command }) => command)).toEqual(['ping', 'calculate']);
    expect(scene.shell.tally.counts.completed).toBe(2);
  });

  test('whose command is refused fails the script', async () => {
    await using scene = await openScene({ builtins: [survey], ready: false });
    await scene.run('survey w1', 'ping');
    await scene.shell.tally.settled();
    expect(scene.said('rejected')).toMatchObject([{ command: 'calculate', error: { code: 'not_ready' } }]);
    expect(scene.shell.tally.exitCode).toBe(4);
  });

  test('may take methods out of its context', async () => {
    const fails: Builtin = {
      ...survey,
      prepare:
        ({ contract, send, clientsReady, fail }) =>
        async () => {
          await clientsReady();
          const sent = await send(['w1'], contract('ping'), {});
          fail(new SignalboxError('not_allowed', 'no survey today'));
          return sent;
        },
    };
    await using scene = await openScene({ builtins: [fails] });
    await scene.run('survey w1');
    await scene.shell.tally.settled();
    expect(scene.said('error')).toMatchObject([{ code: 'not_allowed', message: 'no survey today' }]);
    expect(scene.said('result').map(({ command }) => command)).toEqual(['ping']);
  });

  test('is listed and explained by help, completed and hinted like the others', async () => {
    await using scene = await openScene({ builtins: [survey] });
    await scene.run('help survey');
    expect(scene.said('answer')).toMatchObject([{ name: 'survey', usage: survey.usage, summary: survey.summary }]);
    const known = await knownIn(scene);
    const at = (line: string) => complete(line, known).candidates.map(({ text }) => text);
    expect([at('sur'), at('survey w'), at('survey --')]).toEqual([['survey'], ['w1'], ['--quick']]);
    expect((await hintIn(scene, 'survey ')).usage).toMatchObject({ before: survey.usage, about: survey.summary });
    expect((await hintIn(scene, 'surveyy ')).problem).toContain('survey');
  });

  test.each(['ping', 'help'])('is refused where its name is that of %s', (name) => {
    const ping = new Map([['ping', {} as never]]);
    const help = { ...survey, name: 'help' };
    const refused = expect.objectContaining({ code: 'bad_usage', message: expect.stringContaining(name) });
    expect(() => builtinsByName([help, { ...survey, name }], ping)).toThrow(refused);
  });
});
