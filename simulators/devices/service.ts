// What answers a method on the devices of a fleet: a stub whose rule fits, else the behaviour, else the policy for what nobody knows.
import type { MethodsSpec, unknownMethodPolicies } from '../vocabulary/specs.ts';
import { type Behaviour, knows, type OnMethod } from './behaviours/behaviour.ts';
import { behaviourOf } from './behaviours/behaviours.ts';
import type { FleetSettings, MethodRequest } from './device.ts';
import type { Own } from './own.ts';
import { makeStubs, type Stubs } from './stubs.ts';

export interface Service {
  readonly behaviour: Behaviour;
  readonly busy: MethodsSpec['busy'];
  readonly stubs: Stubs | undefined;
  readonly unknown: OnMethod;
}

const made = new WeakMap<FleetSettings, Service>();

/** The same one for the same object: a fleet shares its settings. */
export function serviceOf(settings: FleetSettings): Service {
  let service = made.get(settings);
  if (service === undefined) {
    const { methods } = settings;
    const behaviour = behaviourOf(settings.behaviour);
    service = {
      behaviour,
      busy: methods?.busy ?? 'parallel',
      stubs: methods === undefined || methods.stubs.length === 0 ? undefined : makeStubs(methods.stubs),
      unknown: unknown[methods?.unknown ?? '404'](behaviour),
    };
    made.set(settings, service);
  }
  return service;
}

/** @param device asked for what is its own only where there are stubs. */
export function programFor(
  { stubs, behaviour, unknown }: Service,
  request: MethodRequest,
  device: { readonly own: Own },
): OnMethod {
  const stub = stubs?.answerTo(request, device.own);
  return stub ?? (knows(behaviour, request.name) ? behaviour.onMethod : unknown);
}

const unknown: Readonly<Record<(typeof unknownMethodPolicies)[number], (behaviour: Behaviour) => OnMethod>> = {
  '404': ({ methods, notFound }) => {
    const payload = notFound ?? ((name: string) => ({ message: `Unknown method ${name}`, methods }));
    return (request, device) => device.reply(404, payload(request.name));
  },
  silence: () => async () => {},
  '501': () => (request, device) => device.reply(501, { message: `Method ${request.name} is not implemented` }),
};
