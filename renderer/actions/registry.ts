// Every command of the window once: its name, its keys, when it can be done and the deed. Palette, buttons and keys read the same list.
import { spotlight } from '@mantine/spotlight';
import { faultPresets } from '../../preload/contract/spec-forms.ts';
import { client, refusedBy } from '../connection/client.ts';
import type { CommandInput, CommandName } from '../connection/shapes.ts';
import { canInvoke, invoke } from '../invoker/invoke.ts';
import { useJobs } from '../jobs/store.ts';
import { useQuery } from '../query/store.ts';
import { addPreset, showFaults } from '../store/faults.ts';
import { useFleet } from '../store/fleet.ts';
import { themes, useSettings } from '../store/settings.ts';
import { type TrafficPlace, useTraffic } from '../store/traffic.ts';
import { useWindow } from '../store/window.ts';
import { say } from '../widgets/say.ts';

export interface Action {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  /** Joined by `+`, where `mod` is Ctrl, on a Mac Command; two keys one after the other are parted by a space. */
  readonly shortcut?: string;
  /** Works while text is being typed, too. */
  readonly whileTyping?: boolean;
  /** Left out of the palette, but listed among the shortcuts. */
  readonly hidden?: boolean;
  enabled?(): boolean;
  perform(): void;
}

/** Runs a command whose only result is what the window then shows; a refusal is said in a note. */
export function order<Name extends CommandName>(name: Name, input: CommandInput<Name>): void {
  client.run(name, input).catch((error: unknown) => say(refusedBy(error)));
}

const totals = () => client.peek('totals', {});
const openDevice = () => useWindow.getState().device;
/** What is selected, or else the open device. */
const meant = (): string[] => {
  const selected = [...useFleet.getState().selected];
  const device = openDevice();
  return selected.length > 0 ? selected : device ? [device] : [];
};

export function focusFilter(): void {
  // Of two in sight the one around the focus is meant, else the inner one: that of the open device.
  const fields = [...document.querySelectorAll<HTMLInputElement>('[data-filter]')];
  const around = document.activeElement?.closest('section')?.querySelector<HTMLInputElement>('[data-filter]');
  const field = around ?? fields.at(-1);
  field?.focus();
  field?.select();
}

export async function selectAllMatching(): Promise<void> {
  const { filter, sort, descending, select } = useFleet.getState();
  const view = await client.once('fleet', { filter, sort, descending, from: 0, count: 0, wall: true });
  select(view.wall?.ids ?? []);
}

/** The traffic table in sight, if any. */
function visibleTraffic(): TrafficPlace | undefined {
  const { screen, device, deviceTab } = useWindow.getState();
  if (screen === 'traffic') return 'fleet';
  return screen === 'fleet' && device !== undefined && deviceTab === 'traffic' ? 'device' : undefined;
}

/** The form around the focus that Ctrl+Enter sends; the invoker is the one for everywhere else. */
const formInUse = () => document.activeElement?.closest<HTMLFormElement>('form[data-send]') ?? undefined;

const places = [
  ['fleet', 'Fleet', 'g f'],
  ['traffic', 'Traffic', 'g t'],
  ['query', 'Query', 'g q'],
  ['jobs', 'Jobs', 'g j'],
  ['hub', 'Hub', 'g h'],
  ['settings', 'Settings', 'g s'],
] as const;

const fixed: readonly Action[] = [
  ...places.map(
    ([screen, name, shortcut]): Action => ({
      id: `go.${screen}`,
      name: `Go to ${name}`,
      group: 'Go',
      shortcut,
      perform: () => useWindow.getState().go(screen),
    }),
  ),
  {
    // Before the invoker's: what the focus is in is what is meant.
    id: 'send',
    name: 'Run the query, schedule the job or send the message that is being written',
    group: 'Invoke',
    shortcut: 'mod+Enter',
    whileTyping: true,
    hidden: true,
    enabled: () => formInUse() !== undefined,
    perform: () => formInUse()?.requestSubmit(),
  },
  {
    id: 'invoke',
    name: 'Invoke the method',
    group: 'Invoke',
    shortcut: 'mod+Enter',
    whileTyping: true,
    enabled: canInvoke,
    perform: () => {
      useWindow.getState().openSide('invoke');
      void invoke();
    },
  },
  {
    id: 'invoke.open',
    name: 'Open the invoker',
    group: 'Invoke',
    shortcut: 'mod+i',
    whileTyping: true,
    perform: () => {
      useWindow.getState().openSide('invoke');
      requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-method]')?.focus());
    },
  },
  {
    id: 'message.open',
    name: 'Write a message to the selected devices',
    group: 'Invoke',
    perform: () => {
      useWindow.getState().openSide('message');
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-message] .cm-content')?.focus());
    },
  },
  {
    id: 'job.new',
    name: 'Schedule a job',
    group: 'Jobs',
    perform: () => {
      useWindow.getState().go('jobs');
      useJobs.getState().show({ kind: 'new' });
    },
  },
  {
    id: 'jobs.close',
    name: 'Close the job',
    group: 'Jobs',
    shortcut: 'Escape',
    hidden: true,
    enabled: () => useWindow.getState().screen === 'jobs' && useJobs.getState().shown.kind !== 'nothing',
    perform: () => useJobs.getState().show({ kind: 'nothing' }),
  },
  {
    id: 'query.close',
    name: 'Close the row of the result',
    group: 'Query',
    shortcut: 'Escape',
    hidden: true,
    enabled: () => useWindow.getState().screen === 'query' && useQuery.getState().chosen >= 0,
    perform: () => useQuery.getState().choose(undefined),
  },
  {
    id: 'palette',
    name: 'Search commands',
    group: 'Window',
    shortcut: 'mod+k',
    whileTyping: true,
    hidden: true,
    perform: () => spotlight.toggle(),
  },
  { id: 'filter', name: 'Filter', group: 'Window', shortcut: 'mod+f', whileTyping: true, perform: focusFilter },
  {
    id: 'side.toggle',
    name: 'Show or hide the side pane',
    group: 'Window',
    shortcut: 'mod+\\',
    whileTyping: true,
    perform: () => useWindow.getState().toggleSide(),
  },
  {
    id: 'shortcuts',
    name: 'Show the shortcuts',
    group: 'Window',
    shortcut: '?',
    perform: () => useWindow.getState().showShortcuts(true),
  },
  ...themes.map(
    (theme): Action => ({
      id: `theme.${theme}`,
      name: theme === 'contrast' ? 'Theme: high contrast' : `Theme: ${theme}`,
      group: 'Window',
      enabled: () => useSettings.getState().theme !== theme,
      perform: () => useSettings.getState().set({ theme }),
    }),
  ),
  {
    id: 'fleet.new',
    name: 'Add a fleet',
    group: 'Fleet',
    shortcut: 'n',
    perform: () => useWindow.getState().openFleetForm(),
  },
  {
    id: 'fleet.demo',
    name: 'Start the demo fleet (100 devices)',
    group: 'Fleet',
    enabled: () => !totals()?.fleets.some((fleet) => fleet.name === 'demo'),
    perform: () => order('fleet.demo', {}),
  },
  {
    id: 'fleet.demoFirmware',
    name: 'Start the firmware fleet (200 devices to update, every tenth fails)',
    group: 'Fleet',
    enabled: () => !totals()?.fleets.some((fleet) => fleet.name === 'firmware'),
    perform: () => order('fleet.demo', { demo: 'firmware' }),
  },
  {
    id: 'fleet.table',
    name: 'Show the fleet as a table',
    group: 'Fleet',
    enabled: () => useFleet.getState().look !== 'table',
    perform: () => {
      useWindow.getState().go('fleet');
      useFleet.getState().setLook('table');
    },
  },
  {
    id: 'fleet.wall',
    name: 'Show the fleet as a wall of cells',
    group: 'Fleet',
    enabled: () => useFleet.getState().look !== 'wall',
    perform: () => {
      useWindow.getState().go('fleet');
      useFleet.getState().setLook('wall');
    },
  },
  {
    id: 'fleet.selectAll',
    name: 'Select every matching device',
    group: 'Fleet',
    shortcut: 'mod+a',
    enabled: () => useWindow.getState().screen === 'fleet' && (totals()?.devices.total ?? 0) > 0,
    perform: () => void selectAllMatching(),
  },
  {
    id: 'fleet.selectNone',
    name: 'Select none',
    group: 'Fleet',
    enabled: () => useFleet.getState().selected.size > 0,
    perform: () => useFleet.getState().select([]),
  },
  ...(
    [
      ['device.reboot', 'Reboot'],
      ['device.start', 'Connect'],
      ['device.stop', 'Disconnect'],
    ] as const
  ).map(
    ([id, name]): Action => ({
      id,
      name: `${name} the selected devices`,
      group: 'Device',
      enabled: () => meant().length > 0,
      perform: () => order(id, { devices: meant() }),
    }),
  ),
  ...(
    [
      ['none', 'Do not group the devices'],
      ['fleet', 'Group the devices by fleet'],
      ['protocol', 'Group the devices by protocol'],
    ] as const
  ).map(
    ([group, name]): Action => ({
      id: `fleet.group.${group}`,
      name,
      group: 'Fleet',
      enabled: () => useFleet.getState().group !== group,
      perform: () => {
        useWindow.getState().go('fleet');
        useFleet.getState().setLook('table');
        useFleet.getState().groupBy(group);
      },
    }),
  ),
  {
    id: 'device.connection',
    name: 'Show the connection of the open device',
    group: 'Device',
    enabled: () => openDevice() !== undefined,
    perform: () => useWindow.getState().showDeviceTab('connection'),
  },
  {
    id: 'device.twin',
    name: 'Show the twin of the open device',
    group: 'Device',
    enabled: () => openDevice() !== undefined,
    perform: () => useWindow.getState().showDeviceTab('twin'),
  },
  {
    id: 'traffic.close',
    name: 'Close the open row',
    group: 'Traffic',
    shortcut: 'Escape',
    hidden: true,
    enabled: () => {
      const place = visibleTraffic();
      return place !== undefined && useTraffic.getState()[place].open !== undefined;
    },
    perform: () => {
      const place = visibleTraffic();
      if (place) useTraffic.getState().change(place, { open: undefined });
    },
  },
  {
    id: 'device.close',
    name: 'Close the device',
    group: 'Device',
    shortcut: 'Escape',
    hidden: true,
    enabled: () => openDevice() !== undefined && useWindow.getState().screen === 'fleet',
    perform: () => useWindow.getState().closeDevice(),
  },
  {
    id: 'device.messages',
    name: 'Show the messages of the open device',
    group: 'Device',
    enabled: () => openDevice() !== undefined,
    perform: () => useWindow.getState().showDeviceTab('messages'),
  },
  {
    id: 'device.behaviour',
    name: 'Show the behaviour of the open device',
    group: 'Device',
    enabled: () => openDevice() !== undefined,
    perform: () => useWindow.getState().showDeviceTab('behaviour'),
  },
  {
    id: 'device.faults',
    name: 'Show the faults on the open device',
    group: 'Device',
    enabled: () => openDevice() !== undefined,
    perform: () => useWindow.getState().showDeviceTab('faults'),
  },
  {
    id: 'faults.open',
    name: 'Show the faults',
    group: 'Faults',
    perform: () => useWindow.getState().openSide('faults'),
  },
  {
    id: 'faults.add',
    name: 'Add a fault',
    group: 'Faults',
    perform: () => showFaults({ kind: 'choose' }),
  },
  ...faultPresets.map(
    ({ name, title }): Action => ({
      id: `faults.preset.${name}`,
      name: `Add the preset ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
      group: 'Faults',
      perform: () => void addPreset(name),
    }),
  ),
  {
    id: 'faults.liftAll',
    name: 'Lift all faults',
    group: 'Faults',
    enabled: () => (totals()?.faults.length ?? 0) > 0,
    perform: () => order('fault.liftAll', {}),
  },
  {
    id: 'traffic.clear',
    name: 'Clear the traffic',
    group: 'Traffic',
    shortcut: 'mod+l',
    perform: () => {
      order('traffic.clear', {});
      const { change } = useTraffic.getState();
      for (const place of ['fleet', 'device'] as const) change(place, { open: undefined, held: undefined });
    },
  },
];

/** With one entry a fleet and fault that is there now. */
export function allActions(): readonly Action[] {
  const now = totals();
  return [
    ...fixed,
    ...(now?.fleets ?? []).flatMap((fleet): Action[] => [
      fleet.state === 'stopped'
        ? {
            id: `fleet.start.${fleet.name}`,
            name: `Start fleet ${fleet.name}`,
            group: 'Fleet',
            perform: () => order('fleet.start', { fleet: fleet.name }),
          }
        : {
            id: `fleet.stop.${fleet.name}`,
            name: `Stop fleet ${fleet.name}`,
            group: 'Fleet',
            perform: () => order('fleet.stop', { fleet: fleet.name }),
          },
      {
        id: `fleet.change.${fleet.name}`,
        name: `Change fleet ${fleet.name}`,
        group: 'Fleet',
        perform: () => useWindow.getState().openFleetForm(fleet.name),
      },
    ]),
    ...(now?.faults ?? []).map(
      (fault): Action => ({
        id: `fault.lift.${fault.spec.name}`,
        name: `Lift fault ${fault.spec.name}`,
        group: 'Faults',
        perform: () => order('fault.lift', { fault: fault.spec.name }),
      }),
    ),
  ];
}

export function actionOf(id: string): Action {
  const found = fixed.find((action) => action.id === id);
  if (!found) throw new Error(`no action ${id}`);
  return found;
}
