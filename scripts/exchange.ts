/** The session that schemas/README.md shows byte for byte. Ids and times are invented. */
import { type FromClient, type FromServer, limits, protocolVersion } from '../schemas/index.ts';

interface ShownFrame {
  readonly from: 'client' | 'server';
  readonly note: string;
  readonly messages: readonly (FromClient | FromServer)[];
}

const serverBootId = 'k3v9q0ta2m7x';
const former = 'b7m2d0c9s4fe.3';

const handshake: ShownFrame[] = [
  {
    from: 'client',
    note: 'A client that has just started introduces itself.',
    messages: [
      {
        type: 'hello',
        protocol: { min: protocolVersion, max: protocolVersion },
        features: [],
        version: '0.2.0',
        name: 'w1',
        named: true,
        bootId: 'a8f3zk20qm4d',
        state: 'unready',
        commands: ['ping', 'calculate'],
        info: { host: 'box', pid: 4711, platform: 'linux' },
        labels: { env: 'prod' },
        facts: { arch: 'x64' },
      },
    ],
  },
  {
    from: 'server',
    note: 'The session is open. `sentMs` has a fraction and is a float 64.',
    messages: [
      {
        type: 'welcome',
        protocol: protocolVersion,
        features: [],
        session: 'p5x1c7rr0b2e',
        serverBootId,
        heartbeatMs: limits.heartbeatMs,
        sentMs: 5000.25,
        limits: {
          maxMessageBytes: limits.maxMessageBytes,
          outputCreditBytes: limits.outputCreditBytes,
          recordsCredit: limits.recordsCredit,
        },
        store: { id: serverBootId, durable: false },
        adopt: false,
      },
    ],
  },
];

const commands: ShownFrame[] = [
  {
    from: 'client',
    note: 'It holds one job of an earlier server, so the id is in full form.',
    messages: [
      { type: 'job', id: former, command: 'calculate', state: 'settled', offsets: { stdout: 3 }, outcome: 'completed' },
      { type: 'jobs-end', elsewhere: 0 },
    ],
  },
  {
    from: 'server',
    note: 'The server requests the output of the job from the beginning, and sends a control command. This `sentMs` is whole and is a uint 16.',
    messages: [
      { type: 'fetch', id: former, from: { stdout: 0, stderr: 0 } },
      { type: 'command', id: 1, name: 'start', args: {}, sentMs: 5200 },
    ],
  },
  {
    from: 'client',
    note: 'Output and outcome of the old job. The command is accepted, the state changes, and the command completes. All of this is due at the same time.',
    messages: [
      { type: 'output', id: former, stream: 'stdout', offset: 0, data: Buffer.from('hi\n') },
      {
        type: 'result',
        id: former,
        outcome: 'completed',
        durationMs: 2000.5,
        result: { seconds: 2 },
        offsets: { stdout: 3 },
      },
      { type: 'accepted', id: 1 },
      { type: 'state', state: 'ready' },
      { type: 'result', id: 1, outcome: 'completed', durationMs: 0, result: { state: 'ready', changed: true } },
    ],
  },
  {
    from: 'server',
    note: 'A data command that must start within 30 s. Both outcomes are acked, so the client forgets the two jobs.',
    messages: [
      { type: 'command', id: 2, name: 'ping', args: {}, sentMs: 5700.5, expiresInMs: 30_000 },
      { type: 'output-ack', id: former, stream: 'stdout', offset: 3 },
      { type: 'ack', ids: [former, 1] },
    ],
  },
  {
    from: 'client',
    note: 'The command has started and ended. `accepted` is left out, since the result implies it. This result is a number.',
    messages: [{ type: 'result', id: 2, outcome: 'completed', durationMs: 0.5, result: 1_790_000_000 }],
  },
];

const end: ShownFrame[] = [
  {
    from: 'server',
    note: 'A heartbeat (the first one followed `welcome`), and the ack that was waiting for a frame.',
    messages: [
      { type: 'heartbeat', seq: 2, sentMs: 7000.125 },
      { type: 'ack', ids: [2] },
    ],
  },
  {
    from: 'client',
    note: 'The client answers at once.',
    messages: [{ type: 'heartbeat-ack', seq: 2, state: 'ready', lagMs: 2 }],
  },
  {
    from: 'client',
    note: 'The client ends, and then closes the connection.',
    messages: [{ type: 'goodbye', reason: 'closed' }],
  },
];

export const exchange: readonly ShownFrame[] = [...handshake, ...commands, ...end];
