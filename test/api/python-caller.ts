import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Caller } from './callers.ts';
import { statusOf } from './grpc-caller.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Debian's packages belong to Debian's Python, which is not always the first on the PATH. */
export const python = ['python3', '/usr/bin/python3'].find(
  (file) => spawnSync(file, ['-c', 'import grpc, google.protobuf']).status === 0,
);

/** Runs one call per line of standard input, and prints a line for each message and each end. */
const program = `
import json, sys
import grpc
from signalbox_api import Signalbox
for line in sys.stdin:
    order = json.loads(line)
    tell = lambda **facts: print(json.dumps(facts), flush=True)
    box = Signalbox.at_socket(sys.argv[1], sys.argv[2], order.get("as"))
    try:
        answer = box.call(order["method"], **order["request"])
        for message in [answer] if isinstance(answer, dict) else answer:
            tell(message=message)
            if "until" in order and order["until"] in json.dumps(message):
                answer.cancel()
                break
        tell(status=0)
    except grpc.RpcError as error:
        details = [value.hex() for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
        tell(status=error.code().value[0], message=error.details(), details=details)
    except ValueError as error:
        tell(refused=str(error))
`;

/** Calls with Debian's Python and the module in examples/, until `ends` is disposed. */
export function pythonCaller(socketPath: string, ends: AsyncDisposableStack): Caller {
  let child: ChildProcess | undefined;
  const start = () => {
    const args = ['-B', '-c', program, socketPath, at('../../schemas/api/signalbox.binpb')];
    const cwd = at('../../examples/python-api');
    const started = spawn(python ?? 'python3', args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    ends.defer(async () => {
      started.stdin.end();
      await once(started, 'close');
    });
    child = started;
    return started;
  };
  let lines: AsyncIterableIterator<string> | undefined;
  return async (method, request, { until, onMessage, as } = {}) => {
    const { stdin, stdout } = child ?? start();
    if (!stdin || !stdout) throw new Error('no pipes');
    lines ??= createInterface({ input: stdout })[Symbol.asyncIterator]();
    stdin.write(`${JSON.stringify({ method, request, until, as })}\n`);
    const messages: JsonObject[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('python has ended');
      const said = JSON.parse(value);
      if ('refused' in said) return { messages, status: 'refused by python', message: said.refused };
      if ('status' in said) {
        if (said.status === 0) return { messages, status: 'ok' };
        return {
          messages,
          ...statusOf(
            said.status,
            said.message,
            said.details.map((hex: string) => Buffer.from(hex, 'hex')),
          ),
        };
      }
      messages.push(said.message);
      onMessage?.(said.message);
    }
  };
}
