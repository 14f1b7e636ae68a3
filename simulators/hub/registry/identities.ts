// The table of identities in memory: devices and modules by id, and both in order. Changes are taken back when the store does not keep them.
import { identityId } from '../../vocabulary/ids.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from './registry.ts';

export interface Identities {
  find(id: string): Identity | undefined;
  /** Puts an identity under its id, or takes it away. */
  hold(id: string, identity: Identity | undefined): void;
  readonly deviceCount: number;
  /** Ids in order of code units; modules as `device/module`. */
  readonly devices: readonly string[];
  readonly modules: readonly string[];
  modulesOf(device: string): readonly string[];
  /** How many devices are disabled. */
  readonly disabled: number;
}

/** Begins with what the store has. */
export function holdIdentities(store: Store): Identities {
  const all = new Map<string, Identity>();
  const modulesByDevice = new Map<string, Set<string>>();
  let deviceCount = 0;
  let disabled = 0;
  /** Ids in order; made when asked for and dropped when one comes or goes. */
  let devices: readonly string[] | undefined;
  let modules: readonly string[] | undefined;

  for (const json of store.identities()) {
    const identity = Object.freeze(JSON.parse(json) as Identity);
    set(identityId(identity.deviceId, identity.moduleId), identity);
  }

  function set(id: string, identity: Identity | undefined): void {
    const before = all.get(id);
    if (identity === undefined) all.delete(id);
    else all.set(id, identity);
    const any = identity ?? before;
    if (any === undefined) return;
    const comesOrGoes = (before === undefined) !== (identity === undefined);
    if (any.moduleId === undefined) {
      disabled += Number(identity?.status === 'disabled') - Number(before?.status === 'disabled');
      if (comesOrGoes) {
        deviceCount += identity === undefined ? -1 : 1;
        devices = undefined;
      }
    } else if (comesOrGoes) {
      modules = undefined;
      const siblings = modulesByDevice.get(any.deviceId) ?? new Set();
      if (identity === undefined) siblings.delete(id);
      else siblings.add(id);
      if (siblings.size === 0) modulesByDevice.delete(any.deviceId);
      else modulesByDevice.set(any.deviceId, siblings);
    }
  }

  return {
    find: (id) => all.get(id),
    hold(id, identity) {
      const before = all.get(id);
      store.ifNotKept(() => set(id, before));
      set(id, identity);
    },
    get deviceCount() {
      return deviceCount;
    },
    get devices() {
      devices ??= [...all].flatMap(([id, { moduleId }]) => (moduleId === undefined ? [id] : [])).sort(byCodeUnits);
      return devices;
    },
    get modules() {
      modules ??= [...modulesByDevice.values()].flatMap((ids) => [...ids]).sort(byCodeUnits);
      return modules;
    },
    modulesOf: (device) => [...(modulesByDevice.get(device) ?? [])].sort(byCodeUnits),
    get disabled() {
      return disabled;
    },
  };
}

const byCodeUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
