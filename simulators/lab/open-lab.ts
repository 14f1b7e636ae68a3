// Puts a lab together: threads, invoker, and the read models that listen to their facts.
import { anchorNow, systemClock } from '../clock/system.ts';
import type { HubStatus } from '../hub/hub.ts';
import { type Invoker, openInvoker } from '../invoker/invoker.ts';
import { Journal, journalDefaults } from '../journal/journal.ts';
import { Metrics } from '../metrics/metrics.ts';
import { formatConnectionString } from '../tokens/connection-string.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Fact, LabFact } from '../vocabulary/facts.ts';
import { holdWhen } from '../vocabulary/fault-fit.ts';
import type { FaultSpec } from '../vocabulary/fault-specs.ts';
import { type DeviceId, partsOf } from '../vocabulary/ids.ts';
import type { HubView, Totals } from '../vocabulary/views.ts';
import { type Crew, startCrew } from './crew.ts';
import { type OpenDesk, openDesk } from './desk.ts';
import { FaultBook } from './fault-book.ts';
import { FaultTargets } from './fault-targets.ts';
import { fleetView, rowOf } from './fleet-table.ts';
import { Fleets } from './fleets.ts';
import { hubView } from './hub-view.ts';
import { deviceAuthority, type FleetHub, Hubs } from './hubs.ts';
import type { InvocationRequest, Lab, LabOptions } from './lab.ts';
import { Roster } from './roster.ts';
import { Runs } from './runs.ts';
import { TwinReader } from './twin-reader.ts';
import { UsageReader } from './usage-reader.ts';

/** Opens the hub's worker and the fleets' workers. Throws LabError (port.taken, data-folder.in-use, ...) with everything started so far stopped again. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const anchor = anchorNow();
  const clock = systemClock(anchor);
  const journal = new Journal({ ...journalDefaults, most: options.journalRows });
  const metrics = new Metrics();
  const roster = new Roster();
  const targets = new FaultTargets({
    clock,
    async query(text) {
      const found = await desk?.of().queries.devices(text);
      // The id of a device elsewhere can be that of another one here.
      return (found?.devices ?? []).filter((device) => hubs?.of(roster.get(device)?.fleet).local !== false);
    },
    changed(name, devices) {
      faults.retarget(name, devices);
      void crew.tellAll('retargetFault', { name, devices });
    },
  });
  const faults = new FaultBook(roster, {
    ...{ clock, seed: options.seed, meeting: (condition) => targets.meeting(condition) },
  });
  let twins: TwinReader | undefined;
  let hubs: Hubs | undefined;
  let desk: OpenDesk | undefined;
  let hubState: Totals['hub']['state'] = 'starting';
  const notices: string[] = [];

  const record = (fact: Fact): void => {
    // A remote hub numbers its requests as the local one does: its devices' word must not join the wrong call.
    if (fact.type !== 'method.handled' || hubs?.of(roster.get(fact.device)?.fleet).local !== false)
      journal.record(fact);
    metrics.record(fact);
    roster.record(fact);
    faults.record(fact);
    targets.record(fact);
    twins?.record(fact);
    desk?.record(fact);
  };
  const note = (fact: LabFact): void => record(fact);

  const authority = await deviceAuthority(clock);
  const crew = await startCrew({
    ...options,
    anchor,
    hub: { ...options.hub, deviceAuthorities: [authority.certificate, ...(options.hub.deviceAuthorities ?? [])] },
    onFacts: (facts) => facts.forEach(record),
    onShed: (source, count) => note({ type: 'facts.shed', at: clock.now(), source, count }),
    onFailure: (error) => {
      if (hubState === 'stopped') return;
      hubState = 'failed';
      notices.push(error.message);
    },
  });
  hubState = 'running';
  notices.push(...(options.notices ?? []), ...crew.hub.notices);

  const invoker = localInvoker(crew.hub, clock);
  hubs = new Hubs({ clock, local: crew.hub, invoker, authority, remotes: options.remotes ?? {} });
  const hubOf = (device: DeviceId): FleetHub => (hubs as Hubs).of(roster.get(device)?.fleet);
  twins = new TwinReader(hubOf, clock);
  const fleets = new Fleets({ clock, crew, hubs, roster, note });
  const runs = new Runs({ clock, hubOf, note: record });
  let throttle = options.hub.throttle;
  const opened = openDesk({
    limited: () => throttle !== undefined && throttle.tier !== 'off',
    ...{ clock, local: crew.hub, invoker, hubOf, remotes: options.remotes ?? {} },
    remoteHub: (hostName) => {
      const there = fleets.summaries().find(({ spec }) => spec.hub === hostName);
      return there && hubs?.of(there.name);
    },
  });
  desk = opened;
  const usage = new UsageReader(() => crew.usage());

  const setFault = async (call: 'addFault' | 'changeFault', spec: FaultSpec): Promise<void> => {
    holdWhen(spec);
    const { name } = spec;
    const told: Promise<void>[] = [];
    await targets.begin(spec, (devices) => {
      if (call === 'addFault') faults.add(spec);
      else faults.change(spec);
      told.push(crew.tellAll(call, spec));
      note({ type: call === 'addFault' ? 'fault.added' : 'fault.changed', at: clock.now(), fault: name });
      if (devices === undefined) return;
      faults.retarget(name, devices);
      told.push(crew.tellAll('retargetFault', { name, devices }));
    });
    await Promise.all(told);
  };

  const lab: Lab = {
    status: crew.hub,
    addFleet: (spec, confirmation) => fleets.add(spec, confirmation),
    removeFleet: (name, confirmation) => fleets.remove(name, confirmation),
    async setThrottle(next) {
      await crew.setThrottle(next);
      throttle = next;
    },
    startFleet: (name) => fleets.start(name),
    stopFleet: (name) => fleets.stop(name),
    startDevices: (ids) => tellDevices(crew, roster, 'startDevices', ids),
    stopDevices: (ids) => tellDevices(crew, roster, 'stopDevices', ids),
    rebootDevices(ids, dark) {
      checkDevices(roster, ids);
      void crew.tell('rebootDevices', { ids, dark });
    },
    fleets: () => fleets.specs(),

    addFault: (spec) => setFault('addFault', spec),
    changeFault: (spec) => setFault('changeFault', spec),
    async liftFault(name) {
      faults.lift(name);
      targets.end(name);
      note({ type: 'fault.lifted', at: clock.now(), fault: name });
      await crew.tellAll('liftFault', name);
    },
    async liftAllFaults() {
      const lifted = faults.specs();
      faults.liftAll();
      for (const { name } of lifted) {
        targets.end(name);
        note({ type: 'fault.lifted', at: clock.now(), fault: name });
      }
      // All at once: lifted one by one, what the first held would fall to the next.
      await crew.tellAll('liftAllFaults', null);
      return lifted.length;
    },
    faults: () => faults.specs(),
    countTarget: (aim) => faults.count(aim),
    changeFleet: (name, change) => fleets.change(name, change),

    startRun(request) {
      const { devices, target } = targetOf(request, roster, fleets);
      return runs.start(request, devices, target);
    },
    cancelRun: (run) => runs.cancel(run),
    runResult(run, device) {
      const result = runs.result(run, device);
      if (!hubOf(device).local) return result;
      // What the journal saw says more than the hub's error does.
      const { at: from, duration } = result;
      const explanation = journal.explanationOf({ device, method: runs.method(run), from, to: from + duration });
      return explanation === undefined ? result : { ...result, explanation };
    },
    history: () => runs.history(),

    async patchDesired(device, patch, etag) {
      const answer = await hubOf(device).invoker.patchTwin(device, { properties: { desired: patch } }, etag);
      if (answer.problem !== undefined) {
        throw new LabError(
          'hub.refused',
          `${answer.problem.name}: ${answer.problem.message}`,
          answer.problem.explanation?.fix,
        );
      }
      twins?.changed(device);
      const twin = JSON.parse(answer.body) as { properties: { desired: { $version: number } } };
      return { version: twin.properties.desired.$version };
    },
    trafficDetail: (id) => journal.detail(id),
    clearTraffic: () => journal.clear(),
    async connectionString(of) {
      if (of.kind === 'device') return deviceConnectionString(hubOf(of.device).invoker, of.device);
      const text = crew.hub.connectionStrings[of.policy];
      if (text === undefined) {
        throw new LabError(
          'input.invalid',
          `policy: the hub has none named '${of.policy}'; it has ${Object.keys(crew.hub.connectionStrings).join(', ')}`,
        );
      }
      return text;
    },

    desk: opened,

    views: {
      totals: () => ({
        at: clock.now(),
        version: options.version,
        hub: { state: hubState, hostName: crew.hub.hostName, notices },
        fleets: fleets.summaries(),
        devices: { total: roster.size, ...roster.states },
        inFlight: roster.inFlight,
        callsPerSecond: metrics.callsPerSecond(clock.now()),
        ...metrics.percentiles(clock.now()),
        calls: metrics.calls,
        failures: metrics.failures,
        faults: faults.summaries(),
        journal: { rows: journal.size, most: journal.most, forgotten: journal.forgotten, shed: journal.shed },
      }),
      fleet: (query) => fleetView(roster, faults.of, query),
      device(id) {
        const entry = roster.get(id);
        if (entry === undefined) return null;
        const { view, problem } = (twins as TwinReader).look(id);
        return {
          row: rowOf(entry, faults.of),
          connects: entry.connects,
          twin: view,
          ...(problem === undefined ? {} : { problem }),
        };
      },
      traffic: (query) => journal.view(query),
      run: (id) => runs.view(id),
      hub: (): HubView =>
        hubView(crew.hub, {
          state: hubState,
          notices,
          ...usage.look(),
          folder: options.hub.folder,
          ...localCounts(roster, fleets),
        }),
    },

    async stop() {
      hubState = 'stopped';
      runs.cancelAll();
      targets.close();
      await fleets.endAll();
      await opened.close();
      await crew.stop();
      await hubs?.closeAll();
      await invoker.close();
    },
  };
  return lab;
}

/** Our own calls take the plain loopback door when it is open; the certificate door otherwise. */
function localInvoker(hub: HubStatus, clock: ReturnType<typeof systemClock>): Invoker {
  const door = hub.doors.http ?? hub.doors.https;
  if (door === undefined)
    throw new LabError(
      'input.invalid',
      'the hub has no HTTP door, so nothing can be invoked',
      'Leave https or http open.',
    );
  return openInvoker({
    connectionString: hub.connectionStrings.iothubowner as string,
    clock,
    address: { host: door.host, port: door.port, tls: hub.doors.http === undefined },
    ca: hub.ca.pem,
  });
}

/** Devices on a remote hub are no matter of the local one. */
function localCounts(roster: Roster, fleets: Fleets): Pick<HubView, 'devices' | 'connected'> {
  const away = fleets.summaries().filter(({ spec }) => spec.hub !== 'local');
  return {
    devices: roster.size - away.reduce((sum, { identities }) => sum + identities, 0),
    connected: roster.states.online - away.reduce((sum, { online }) => sum + online, 0),
  };
}

function tellDevices(crew: Crew, roster: Roster, call: 'startDevices' | 'stopDevices', ids: readonly DeviceId[]): void {
  checkDevices(roster, ids);
  void crew.tell(call, ids);
}

function checkDevices(roster: Roster, ids: readonly DeviceId[]): void {
  const unknown = ids.find((id) => roster.get(id) === undefined);
  if (unknown !== undefined) throw new LabError('device.unknown', `'${unknown}' is no virtual device of this lab`);
}

function targetOf(
  request: InvocationRequest,
  roster: Roster,
  fleets: Fleets,
): { devices: readonly DeviceId[]; target: string } {
  const { target } = request;
  switch (target.kind) {
    case 'devices':
      return {
        devices: target.devices,
        target: target.devices.length === 1 ? (target.devices[0] as string) : `${target.devices.length} devices`,
      };
    case 'fleet':
      fleets.find(target.fleet);
      return { devices: roster.ofFleet(target.fleet).map((entry) => entry.id), target: `fleet ${target.fleet}` };
    case 'all': {
      const devices = [...roster.ids()];
      if (devices.length === 0)
        throw new LabError('fleet.unknown', 'there is no device to call yet', 'Add a fleet first.');
      return { devices, target: `all ${devices.length} devices` };
    }
  }
}

async function deviceConnectionString(invoker: Invoker, device: DeviceId): Promise<string> {
  const answer = await invoker.getDevice(device);
  if (answer.problem !== undefined)
    throw new LabError(
      'hub.refused',
      `${answer.problem.name}: ${answer.problem.message}`,
      answer.problem.explanation?.fix,
    );
  const { authentication } = JSON.parse(answer.body) as {
    authentication?: { type?: string; symmetricKey?: { primaryKey?: string | null } };
  };
  const { device: deviceId, module: moduleId } = partsOf(device);
  const key = authentication?.symmetricKey?.primaryKey;
  return formatConnectionString({
    hostName: invoker.hostName,
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    ...(typeof key === 'string' && key !== '' ? { sharedAccessKey: key } : { x509: true }),
  });
}
