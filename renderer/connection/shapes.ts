// The shapes the window shows, named here once. They come out of the contract; the window knows no other source.
import type { CommandAnswer, CommandInput, Snapshot } from '../../preload/contract/contract.ts';
import type { ToWindow } from '../../preload/contract/messages.ts';

export type {
  CommandAnswer,
  CommandInput,
  CommandName,
  Snapshot,
  SubscriptionInput,
  SubscriptionName,
} from '../../preload/contract/contract.ts';

export type Totals = Snapshot<'totals'>;
export type HubState = Totals['hub']['state'];
export type FleetSummary = Totals['fleets'][number];
export type FaultSummary = Totals['faults'][number];

export type FleetView = Snapshot<'fleet'>;
export type DeviceRow = FleetView['rows'][number];
export type DeviceId = DeviceRow['id'];
export type LinkState = DeviceRow['state'];
export type WallView = NonNullable<FleetView['wall']>;

export type DeviceView = Snapshot<'device'>;
export type TwinView = NonNullable<NonNullable<DeviceView>['twin']>;

export type TrafficView = Snapshot<'traffic'>;
export type TrafficRow = TrafficView['rows'][number];
export type TrafficKind = TrafficRow['kind'];
export type Legs = NonNullable<TrafficRow['legs']>;
export type TrafficDetail = NonNullable<CommandAnswer<'traffic.detail'>>;
export type FaultTouch = NonNullable<TrafficDetail['touches']>[number];
export type Excerpt = NonNullable<TrafficDetail['request']>;

export type RunView = NonNullable<Snapshot<'run'>>;
export type RunCell = RunView['cells'][number];
export type CallResult = CommandAnswer<'run.result'>;
export type HistoryEntry = CommandAnswer<'run.history'>[number];
export type HubView = Snapshot<'hub'>;
export type HubUsage = NonNullable<HubView['usage']>;
export type Throttle = HubUsage['throttle'];

export type JobView = NonNullable<Snapshot<'jobs'>['jobs']>[number];
export type JobDetailView = Snapshot<'job'>;
export type JobDeviceRow = JobDetailView['devices'][number];
export type SendResult = CommandAnswer<'message.send'>;

export type FleetSpecInput = CommandInput<'fleet.add'>['spec'];
export type FaultSpecInput = CommandInput<'fault.add'>['spec'];
export type FaultSpec = FaultSummary['spec'];
export type FaultSettings = FaultSpec['settings'];
export type Distribution = Extract<FaultSettings, { kind: 'reply.delay' }>['delay'];

export type ErrorReport = Extract<ToWindow, { kind: 'error' }>['error'];
