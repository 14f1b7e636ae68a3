// The device table: modules beside their devices, filtered by what a fleet's spec says, counted from facts.
import { describe, expect, test } from 'vitest';
import { fleetView } from '../../../simulators/lab/fleet-table.ts';
import { identitiesOf } from '../../../simulators/lab/identities.ts';
import type { FleetQuery } from '../../../simulators/lab/lab.ts';
import { Roster } from '../../../simulators/lab/roster.ts';
import type { FleetFact } from '../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { type FleetSpecInput, fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';

function aTable() {
  const roster = new Roster();
  const add = (input: FleetSpecInput) => {
    const spec = fleetSpecSchema.parse(input);
    roster.add(spec, identitiesOf(spec), 0);
  };
  add({ name: 'pumps', count: 4, id: 'pump-{index}', protocol: { mqtt: 1, amqp: 1 }, modules: ['eye'] });
  add({ name: 'doors', count: 2, id: 'door-{index}', authentication: 'x509-ca', protocol: 'mqtt-ws' });
  const query = { filter: '', sort: 'id', descending: false, from: 0, count: 100, wall: false } as const;
  const rows = (filter: string) => fleetView(roster, () => [], { ...query, filter }).rows;
  const groups = (group: 'none' | 'fleet' | 'protocol', more: Partial<FleetQuery> = {}) =>
    fleetView(roster, () => [], { ...query, group, ...more });
  return { roster, rows, groups, ids: (filter: string) => rows(filter).map(({ id }) => id) };
}

describe('the device table', () => {
  test.each([
    ['is:module', ['pump-1/eye', 'pump-2/eye', 'pump-3/eye', 'pump-4/eye']],
    ['module:e*', ['pump-1/eye', 'pump-2/eye', 'pump-3/eye', 'pump-4/eye']],
    ['protocol:amqp', ['pump-2', 'pump-2/eye', 'pump-4', 'pump-4/eye']],
    ['protocol:mqtt -is:module', ['pump-1', 'pump-3']],
    ['auth:x509-*', ['door-1', 'door-2']],
    ['mqtt-ws', ['door-1', 'door-2']],
    ['pump-3', ['pump-3', 'pump-3/eye']],
    ['is:remote', []],
  ])('filtered by %s shows %j', (filter, ids) => {
    expect(aTable().ids(filter)).toEqual(ids);
  });

  test('says how each device speaks and proves itself', () => {
    const { rows } = aTable();
    expect(rows('door-1')[0]).toMatchObject({ protocol: 'mqtt-ws', tls: true, authentication: 'x509-ca' });
    expect(rows('pump-2/eye')[0]).toMatchObject({ protocol: 'amqp', tls: false, authentication: 'sas' });
  });

  test('counts what devices sent and got', () => {
    const { roster, rows } = aTable();
    const device = deviceId('pump-2/eye');
    const sent = (outcome: 'taken' | 'refused' | 'lost'): FleetFact => ({
      ...{ type: 'telemetry.sent', at: 1, device, bytes: 10, outcome },
    });
    for (const outcome of ['taken', 'taken', 'refused', 'lost'] as const) roster.record(sent(outcome));
    roster.record({ type: 'message.taken', at: 1, device, bytes: 5, outcome: 'rejected' });
    roster.record({ ...sent('taken'), device: deviceId('stranger') });
    expect(rows('pump-2/eye')[0]).toMatchObject({ telemetry: { sent: 2, failed: 2 }, messages: 1 });
    expect(rows('pump-2 -is:module')[0]).toMatchObject({ telemetry: { sent: 0, failed: 0 }, messages: 0 });
  });

  test('gathers rows into groups that follow each other, and says where each begins', () => {
    const { roster, groups } = aTable();
    roster.record({ type: 'link.changed', at: 1, device: deviceId('door-2'), state: 'online' });
    const view = groups('protocol', { sort: 'state', descending: true });
    expect(view.groups).toEqual([
      { name: 'amqp', from: 0, count: 4, online: 0 },
      { name: 'mqtt', from: 4, count: 4, online: 0 },
      { name: 'mqtt-ws', from: 8, count: 2, online: 1 },
    ]);
    expect(view.rows.map(({ protocol }) => protocol)).toEqual([
      ...Array(4).fill('amqp'),
      ...Array(4).fill('mqtt'),
      ...Array(2).fill('mqtt-ws'),
    ]);
    expect(
      view.rows.slice(8).map(({ id }) => id),
      'sorted within its group',
    ).toEqual(['door-2', 'door-1']);
    expect(groups('fleet').groups?.map(({ name }) => name)).toEqual(['doors', 'pumps']);
    expect(groups('none').groups).toBeUndefined();
  });
});
