import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newFolder } from '../../support/new-folder.ts';

/** Debian's packages belong to Debian's Python, which is not always first on the path. */
const python = ['python3', '/usr/bin/python3'].find(
  (file) => spawnSync(file, ['-c', 'import grpc, google.protobuf']).status === 0,
);
const has = (program: string) => spawnSync(program, ['--version'], { input: '' }).error === undefined;

/** Why tests with Debian's Python are skipped here. */
export const noPython =
  python === undefined || !has('protoc') || !has('grpc_python_plugin')
    ? 'python3-grpcio, protobuf-compiler or protobuf-compiler-grpc is not installed'
    : undefined;

const api = fileURLToPath(new URL('../../../schemas/api', import.meta.url));

/**
 * Generates Python code from the contract, as its users would.
 * @returns its folder
 */
export function generateForPython(): string {
  const folder = newFolder();
  const plugin = execFileSync('which', ['grpc_python_plugin'], { encoding: 'utf8' }).trim();
  const out = [`--python_out=${folder}`, `--grpc_out=${folder}`, `--plugin=protoc-gen-grpc=${plugin}`];
  execFileSync('protoc', [`-I${api}`, ...out, 'tenten/interview/service.proto']);
  return folder;
}

const program = `
import sys, time
import grpc
from tenten.interview import service_pb2 as messages, service_pb2_grpc as services

address, user_id, pings = sys.argv[1], sys.argv[2], int(sys.argv[3])
with grpc.insecure_channel(address) as channel:
    import queue
    answers = queue.Queue()
    stream = services.GatewayStub(channel).Connect(iter(answers.get, None), metadata=[("user-id", user_id)])
    for _ in range(pings):
        next(stream)
        even = int(time.time() * 1000) % 2 == 0
        answers.put(messages.Pong(status=messages.STATUS_EVEN if even else messages.STATUS_ODD))
    print("answered", flush=True)
    sys.stdin.readline()
    answers.put(None)
    for _ in stream:
        pass
    print(stream.code().name, flush=True)
    status = services.StatusReaderStub(channel)
    print(status.FetchOnlineUsersInLast3Mins(messages.FetchOnlineUsersInLast3MinsRequest()).online_users, flush=True)
    try:
        for _ in services.GatewayStub(channel).Connect(iter([]), metadata=[("user-id", "x" * 129)]):
            pass
    except grpc.RpcError as error:
        print(error.code().name, error.details(), flush=True)
`;

/**
 * A user in Debian's Python: it answers pings and prints `answered`, and at a line of input leaves, prints its status, the count, and
 * what a user-id that is too long gets.
 */
export function startPythonUser(
  address: string,
  { folder, userId, pings }: { folder: string; userId: string; pings: number },
) {
  const child = spawn(python ?? 'python3', ['-B', '-c', program, address, userId, String(pings)], {
    env: { ...process.env, PYTHONPATH: folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  return {
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    goOn: () => child.stdin.end('\n'),
    async [Symbol.asyncDispose]() {
      child.kill();
      await closed;
    },
  };
}
