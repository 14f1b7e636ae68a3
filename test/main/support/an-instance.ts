// An instance that runs in memory: a lab that keeps fleets and faults, behind a real control API that its data folder names.
import { openControl } from '../../../main/control/server.ts';
import { announceControl } from '../../../main/workspace/control-access.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import type { FaultSpec, FleetSpec } from '../../../simulators/vocabulary/specs.ts';
import type { Totals } from '../../../simulators/vocabulary/views.ts';
import { fakeLab } from './fake-lab.ts';
import { temporaryFolder } from './temporary.ts';

export const instanceToken = 'token-of-this-start-of-the-test';

/**
 * Devices come online by halves, from look to look, so that whoever waits for them has to look again.
 * @param offline none comes online.
 */
export async function anInstance({ dataDir = temporaryFolder(), offline = false } = {}) {
  const lab = fakeLab();
  const faults = new Map<string, FaultSpec>();
  const fleets = new Map<string, FleetSpec>();
  const online = new Map<string, number>();
  const confirmed: unknown[] = [];
  let looks = 0;
  Object.assign(lab, {
    addFault: async (spec: FaultSpec) => void faults.set(spec.name, spec),
    changeFault: async (spec: FaultSpec) => void faults.set(spec.name, spec),
    liftFault: async (name: string) => void faults.delete(name),
    async liftAllFaults() {
      const lifted = faults.size;
      faults.clear();
      return lifted;
    },
    faults: () => [...faults.values()],
    async addFleet(spec: FleetSpec, confirmation: { readonly confirmRemote?: boolean }) {
      if (spec.hub !== 'local' && !confirmation.confirmRemote) {
        throw new LabError('remote.unconfirmed', 'not our hub', 'Confirm with confirmRemote.');
      }
      confirmed.push(confirmation);
      fleets.set(spec.name, spec);
    },
    removeFleet: async (name: string) => void fleets.delete(name),
    async changeFleet(name: string, change: Partial<FleetSpec>) {
      fleets.set(name, { ...(fleets.get(name) as FleetSpec), ...change });
    },
    fleets: () => [...fleets.values()],
  });
  Object.assign(lab.views, {
    totals() {
      looks++;
      const total = [...fleets.values()].reduce((sum, { count }) => sum + count, 0);
      return {
        devices: { total },
        faults: [...faults.values()].map((spec) => ({
          spec,
          devices: Math.round(total * spec.on.share),
          strikes: looks,
        })),
        fleets: [...fleets.values()].map((spec) => {
          const half = Math.ceil(spec.count / 2);
          const now = offline ? 0 : Math.min(spec.count, (online.get(spec.name) ?? -half) + half);
          online.set(spec.name, now);
          return { name: spec.name, spec, identities: spec.count, online: now, state: 'running' };
        }),
      } as unknown as Totals;
    },
  });
  const control = await openControl({ lab, behaviours: '/nowhere', keep: () => {} }, instanceToken);
  const withdraw = announceControl(
    { process: process.pid, url: control.url, token: instanceToken },
    { dataDir, usualDataDir: dataDir },
  );
  const stop = async () => {
    withdraw();
    await control.stop();
  };
  return { dataDir, lab, faults, fleets, confirmed, url: control.url, stop };
}
