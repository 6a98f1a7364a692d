import { expect, test } from 'vitest';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { openApi } from './open-api.ts';

test('the remote service calls a method of a plug-in, and gets its errors', async () => {
  const { paths, ends } = await openApi();
  const service = ends.use(await RemoteJobService.connect({ path: paths.grpc, as: 'ada' }));
  const value = { bytes: new Uint8Array([0, 255]), list: [1, null] };
  expect(await service.call('echo/again', { value })).toEqual({ value, actor: 'local:ada' });
  await expect(service.call('echo/again', 1)).rejects.toMatchObject({ code: 'bad_arguments' });
  await expect(service.call('echo/agan', {})).rejects.toMatchObject({ code: 'unknown_command' });
});
