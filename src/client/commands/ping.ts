import { ping } from '../../../schemas/commands/ping.ts';
import { implement } from '../../plugin/implement.ts';

export const pingCommand = implement(ping, () => Math.floor(Date.now() / 1000), { brief: true });
