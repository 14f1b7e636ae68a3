// One handler per command of the contract, shared by the desktop and the browser host. The compiler demands an entry for each.
import type { CommandAnswer, CommandArgument, CommandName } from '../../preload/contract/contract.ts';
import type { JobAction } from '../../simulators/invoker/invoker.ts';
import type { Lab } from '../../simulators/lab/lab.ts';
import { findBehaviourFiles } from '../workspace/behaviour-files.ts';
import { addDemo } from './demo.ts';

/** What a handler works on. `keep` writes fleets and faults down for the next start. */
export interface Bench {
  readonly lab: Lab;
  /** The folder of the user's own behaviours. */
  readonly behaviours: string;
  keep(): void;
}

type Handler<Name extends CommandName> = (
  bench: Bench,
  argument: CommandArgument<Name>,
) => CommandAnswer<Name> | Promise<CommandAnswer<Name>>;

export const handlers: { readonly [Name in CommandName]: Handler<Name> } = {
  'fleet.add': async ({ lab, behaviours, keep }, { spec, ...confirmation }) => {
    await lab.addFleet(findBehaviourFiles(spec, behaviours), confirmation);
    keep();
    return null;
  },
  'fleet.demo': async ({ lab, keep }, { demo }) => {
    await addDemo(lab, demo);
    keep();
    return null;
  },
  'fleet.remove': async ({ lab, keep }, { fleet, ...confirmation }) => {
    await lab.removeFleet(fleet, confirmation);
    keep();
    return null;
  },
  'fleet.start': ({ lab }, { fleet }) => done(lab.startFleet(fleet)),
  'fleet.stop': ({ lab }, { fleet }) => done(lab.stopFleet(fleet)),
  'device.start': ({ lab }, { devices }) => done(lab.startDevices(devices)),
  'device.stop': ({ lab }, { devices }) => done(lab.stopDevices(devices)),
  'device.reboot': ({ lab }, { devices, dark }) => done(lab.rebootDevices(devices, dark)),
  'fleet.change': async ({ lab, behaviours, keep }, { fleet, ...change }) => {
    await lab.changeFleet(fleet, findBehaviourFiles(change, behaviours));
    return done(keep());
  },
  'fault.count': ({ lab }, aim) => lab.countTarget(aim),
  'fault.add': async ({ lab, keep }, { spec }) => {
    await lab.addFault(spec);
    return done(keep());
  },
  'fault.change': async ({ lab, keep }, { spec }) => {
    await lab.changeFault(spec);
    return done(keep());
  },
  'fault.lift': async ({ lab, keep }, { fault }) => {
    await lab.liftFault(fault);
    return done(keep());
  },
  'fault.liftAll': async ({ lab, keep }) => {
    const lifted = await lab.liftAllFaults();
    keep();
    return { lifted };
  },
  'run.start': ({ lab }, request) => ({ run: lab.startRun(request) }),
  'run.cancel': ({ lab }, { run }) => done(lab.cancelRun(run)),
  'run.result': ({ lab }, { run, device }) => lab.runResult(run, device),
  'run.history': ({ lab }) => lab.history(),
  'twin.patchDesired': ({ lab }, { device, patch, etag }) => lab.patchDesired(device, patch, etag),
  'traffic.detail': ({ lab }, { id }) => lab.trafficDetail(id),
  'traffic.clear': ({ lab }) => done(lab.clearTraffic()),
  'hub.throttle': async ({ lab }, { throttle }) => done(await lab.setThrottle(throttle)),
  'query.run': ({ lab }, { hub, ...page }) => lab.desk.of(hub).queries.run(page),
  'query.devices': ({ lab }, { hub, text }) => lab.desk.of(hub).queries.devices(text),
  'job.count': ({ lab }, { hub, condition }) => lab.desk.of(hub).queries.count(condition),
  'job.create': ({ lab }, { hub, action: { kind, ...action }, ...job }) =>
    lab.desk.of(hub).jobs.create({ ...job, action: action as JobAction }),
  'job.cancel': async ({ lab }, { hub, job }) => done(await lab.desk.of(hub).jobs.cancel(job)),
  'message.send': ({ lab }, message) => lab.desk.messages.send(message),
  'message.purge': async ({ lab }, { device }) => ({ purged: await lab.desk.messages.purge(device) }),
  'hub.reveal': async ({ lab }, of) => ({ connectionString: await lab.connectionString(of) }),
};

/** For what answers nothing. */
const done = (_: unknown): null => null;
