// Whom a fault touches: a pure rule of its spec, so that every thread and the window agree without asking each other.
import { hashOf, inShare } from '../random/random.ts';
import type { DeviceId, FleetName } from '../vocabulary/ids.ts';
import type { FaultSpec } from '../vocabulary/specs.ts';

/** The same devices for the same seed and name; two faults of one share pick different devices, and a growing share keeps those it had. */
export function touches(spec: FaultSpec, device: DeviceId, fleet: FleetName, labSeed: number): boolean {
  const { on } = spec;
  if (on.device !== undefined && on.device !== device) return false;
  if (on.fleet !== undefined && on.fleet !== fleet) return false;
  return on.share >= 1 || inShare(device, on.share, hashOf(spec.name, spec.seed ?? labSeed));
}
