/** Texts of workflows, and all errors in each: line, column, sentence. */
export const brokenFiles: readonly (readonly [text: string, problems: readonly string[]])[] = [
  ['tasks:\n  a: "@w1 ping', ['2:15: Missing closing "quote']],
  ['tasks:\n  a: ping\n a: ping', ['3:1: All mapping items must start at the same column']],
  ['name: Nightly Build\ntasks:\n  a: ping', ['1:7: name: a name must be [a-z][a-z0-9_-]*, at most 63 characters']],
  ['tasks: {}', ['1:8: tasks: add at least one']],
  ['taks:\n  a: ping', ['1:1: the workflow has no taks; did you mean tasks?']],
  ['', ['1:1: tasks is missing: a map']],
  ['tasks:\n  a: pnig', ["2:6: there is no command 'pnig'; did you mean ping?"]],
  ['tasks:\n  a: ping; ping', ['2:12: a task is one command; add a second task with needs']],
  [
    'tasks:\n  a: calculate -1',
    [
      '2:6: MESSAGE is missing: text of at most 65536 bytes; usage: calculate SECONDS MESSAGE [--expires D] [--timeout D] [--wait D] [--as NAME] [--pick N] [--batch N|P%] [--max-failures N|P%] [--gather] [--dry-run]; example: calculate 2.5 "hello box"',
    ],
  ],
  ['tasks:\n  a: { do: ping, needs: [b] }', ['2:26: a needs b, which does not exist']],
  [
    'tasks:\n  a: { do: ping, needs: b }\n  b: { do: ping, needs: a }',
    ['2:25: these tasks need each other in a cycle: a → b → a'],
  ],
  ['tasks:\n  a: { do: ping, neds: [b] }', ['2:18: a task has no neds; did you mean needs?']],
  ['tasks:\n  a: { do: ping, retry: 2 }', ['2:18: a task has no retry; did you mean retries?']],
  [
    'tasks:\n  a: { do: ping, when: never }',
    ["2:24: tasks.a.when must be one of completed, failed, always, not 'never'"],
  ],
  ['tasks:\n  a: { do: ping, retries: -1 }', ['2:27: tasks.a.retries: use a whole number from 0']],
  ['tasks:\n  a: { do: ping, backoff: soon }', ['2:27: tasks.a.backoff: use a duration such as 30s, 5m or 12h']],
  ['tasks:\n  a: run echo ${param.x}', ['2:15: ${param.x}: there is no parameter called x; known: none']],
  ['tasks:\n  a: run echo ${b.outcome}\n  b: ping', ['2:15: ${b.outcome}: a does not need b; add it to needs']],
  [
    'tasks:\n  a: ping\n  b: { do: "run echo ${a.exitcode}", needs: a }',
    ['3:22: ${a.exitcode}: there is no value of a task called exitcode; did you mean exitCode?'],
  ],
  [
    'tasks:\n  a: run echo ${secret.TOKEN}',
    ['2:15: ${secret.TOKEN}: a secret is only permitted in arguments that are never shown, such as --env of run'],
  ],
  [
    'tasks:\n  a: run --env A=${secret.TOKEN} true',
    ['2:16: ${secret.TOKEN}: only workflows of the folder --workflows may use secrets'],
  ],
  [
    'tasks:\n  a: run echo ${',
    ["2:15: '${' is not closed; add }, or write $${ for the characters themselves; quote text with spaces"],
  ],
  ['tasks:\n  a: run echo ${for.os}', ['2:15: ${for.os}: there is no value of for called os; known: none']],
  ['on: { cron: "0 3 * * *", every: 5m }\ntasks:\n  a: ping', ['1:5: on.0: give one of cron, every, at, client']],
  ['on: { every: 10ms }\ntasks:\n  a: ping', ['1:14: on.0.every: must be at least 1s']],
  ['params:\n  n: { type: number, default: five }\ntasks:\n  a: ping', ['2:31: params.n.default: must be a number']],
  ['tasks:\n  param: ping', ['2:3: tasks.param: this name is reserved; choose another']],
  ['tasks:\n  a: { needs: [] }', ['2:6: tasks.a: add do: with a line, or approve: with a question']],
  ['tasks:\n  a: { do: ping, parallel: 2 }', ['2:28: tasks.a.parallel: requires for']],
  ['tasks:\n  a: { do: "run echo ${for.os}", for: { os: [] } }', ['2:45: tasks.a.for.os: give at least one']],
  ['tasks:\n  a: { do: ping, for: { n: [1, 2, "1"] } }', ['2:23: two combinations have the same key a[n=1]']],
  [
    'tasks:\n  a: { do: ping, for: { n: ["1,m=2", 1], m: [3, "2,m=3"] } }',
    ['2:23: two combinations have the same key a[n=1,m=2,m=3]'],
  ],
  [
    'tasks:\n  m: { do: ping, for: { os: [a, b] } }\n  z: { do: "run echo ${m.stdout}", needs: m }',
    ['3:22: ${m.stdout}: m runs several times: only its outcome is a single value'],
  ],
  ['tasks:\n  __proto__: ping\n  b: ping', ['2:3: __proto__ is not permitted as a key']],
  ['tasks:\n  a: "@w1 "', ['2:6: @w1 is a target without a command; add a command: @w1 ping']],
  [
    'tasks:\n  a: wait 3',
    ["2:6: there is no command 'wait'; help lists the commands; to start a program on clients: run wait"],
  ],
  ['tasks:\n  - ping', ['2:3: tasks must be a map, not a list']],
  ['tasks:\n  a: 7', ['2:6: tasks.a must be a map of options, not 7']],
  [
    'on: { cron: "99 3 * * *" }\ntasks:\n  a: ping',
    ['1:13: \'99 3 * * *\' is not a cron pattern; use for example "30 2 * * 1-5"'],
  ],
  ['on: { cron: "0 0 31 2 *" }\ntasks:\n  a: ping', ["1:13: '0 0 31 2 *' is never due"]],
  [
    'on:\n  - { every: 5m, timeZone: Mars/Olympus }\ntasks:\n  a: ping',
    ['2:28: unknown time zone Mars/Olympus; use for example Europe/Berlin'],
  ],
  [
    'on: { client: gone, matching: "@web-*" }\ntasks:\n  a: ping',
    ["1:31: the target @web-* has a '@', which a name cannot have"],
  ],
  [
    'on: { at: tomorrow }\ntasks:\n  a: ping',
    ["1:11: 'tomorrow' is not a valid time; use for example 2026-12-01T03:00 or 2026-12-01T03:00Z"],
  ],
  [
    'tasks:\n  a: "@${b.client}-* ping"\n  b: ping',
    ['2:8: @${b.client}-*: a value in a target must be a whole client name, not a part of a pattern'],
  ],
  [
    'params: { n: 1 }\ntasks:\n  a: "@w1, web[1-${param.n}] ping"',
    ['3:18: @w1, web[1-${param.n}]: a value in a target must be a whole client name, not a part of a pattern'],
  ],
  [
    'params: { n: env }\ntasks:\n  a: "@${param.n}=prod ping"',
    ['3:8: @${param.n}=prod: after the = of a label only param and for are permitted, such as env=${param.x}'],
  ],
  [
    'tasks:\n  b: ping\n  a: { do: "@env=${b.outcome} ping", needs: b }',
    ['3:18: @env=${b.outcome}: after the = of a label only param and for are permitted, such as env=${param.x}'],
  ],
];
