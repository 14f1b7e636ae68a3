// @peculiar/x509 brings a dependency container that refuses to load without the three metadata functions of `Reflect`. These are
// all it calls; nothing of ours uses them. A fuller set that is there already is left alone.

const kept = new WeakMap<object, Map<unknown, unknown>>();

const own = (key: unknown, target: object): unknown => kept.get(target)?.get(key);

function inherited(key: unknown, target: object): unknown {
  for (let at: object | null = target; at; at = Object.getPrototypeOf(at)) {
    if (kept.get(at)?.has(key)) return own(key, at);
  }
  return undefined;
}

function define(key: unknown, value: unknown, target: object): void {
  const values = kept.get(target);
  if (values) values.set(key, value);
  else kept.set(target, new Map([[key, value]]));
}

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getMetadata: inherited, getOwnMetadata: own, defineMetadata: define });
}
