// Why a call failed, as the journal of the instance knows it that serves the hub: it saw device and faults, the hub's answer names neither.
import { sleep } from '../../simulators/clock/clock.ts';
import type { DeviceId } from '../../simulators/vocabulary/ids.ts';
import type { Instant, Millis } from '../../simulators/vocabulary/units.ts';
import type { TrafficDetail } from '../../simulators/vocabulary/views.ts';
import type { CliHost, CliTools } from './host.ts';
import { instanceOf } from './target-instance.ts';

export interface AskedCall {
  readonly device: string;
  readonly method: string;
  readonly from: Instant;
}

/** What is told in another thread is in the journal some 50 ms later; the first look finds what hub and device told. */
const looks = 5;
const between: Millis = 50;
/** Rows of a device to look through. */
const most = 20;

/** Undefined when no instance runs there, or it knows nothing of this call: a command never fails for want of a word. */
export async function wordOfJournal(
  call: AskedCall,
  flags: { readonly hub?: string; readonly dataDir?: string },
  host: CliHost,
  { clock }: Pick<CliTools, 'clock'>,
): Promise<TrafficDetail['explanation']> {
  // Of a hub that was named nobody knows whether it is the one in this folder.
  if (flags.hub !== undefined || host.env.IOTHUB_CONNECTION_STRING) return undefined;
  try {
    const instance = instanceOf({ ...(flags.dataDir !== undefined && { dataDir: flags.dataDir }) }, host);
    for (let look = 0; look < looks; look++) {
      await sleep(clock, between);
      const device = call.device as DeviceId;
      const { rows } = await instance.view('traffic', { device, filter: 'kind:method', limit: most });
      const row = rows.findLast(
        ({ name, pending, at }) => name === call.method && !pending && at >= call.from - between,
      );
      const explanation = row && (await instance.command('traffic.detail', { id: row.id }))?.explanation;
      if (explanation !== undefined) return explanation;
    }
  } catch {
    // It went, or is of another version.
  }
  return undefined;
}
