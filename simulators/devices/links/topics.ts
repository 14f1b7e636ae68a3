// The MQTT topics of a device, written and read. Names carry no device id except the telemetry ones (reference 2.5).

const methodRequest = '$iothub/methods/POST/';
const twinResponse = '$iothub/twin/res/';
const desiredPatch = '$iothub/twin/PATCH/properties/desired/';

/** Subscribed in one packet: methods, answers to twin requests, desired patches. */
export const filters: readonly string[] = [`${methodRequest}#`, `${twinResponse}#`, `${desiredPatch}#`];
export const methodFilter = `${methodRequest}#`;

export const methodResponseTopic = (status: number, rid: string): string =>
  `$iothub/methods/res/${status}/?$rid=${rid}`;
export const twinGetTopic = (rid: string): string => `$iothub/twin/GET/?$rid=${rid}`;
export const reportTopic = (rid: string): string => `$iothub/twin/PATCH/properties/reported/?$rid=${rid}`;

export type Arrival =
  | { readonly kind: 'method'; readonly name: string; readonly rid: string }
  | { readonly kind: 'twin'; readonly status: number; readonly rid: string; readonly version: number | undefined }
  | { readonly kind: 'desired'; readonly version: number | undefined };

/** What a topic announces, or undefined when it is none a hub should send. */
export function readTopic(topic: string): Arrival | undefined {
  const query = topic.lastIndexOf('/?');
  if (query < 0) return undefined;
  if (topic.startsWith(methodRequest)) {
    const name = topic.slice(methodRequest.length, query);
    const rid = parameter(topic, query + 2, '$rid');
    return name && rid && !name.includes('/') ? { kind: 'method', name, rid } : undefined;
  }
  if (topic.startsWith(twinResponse)) {
    const status = Number(topic.slice(twinResponse.length, query));
    const rid = parameter(topic, query + 2, '$rid');
    if (!rid || !Number.isInteger(status) || status < 100 || status > 999) return undefined;
    return { kind: 'twin', status, rid, version: versionIn(topic, query + 2) };
  }
  if (topic.startsWith(desiredPatch)) return { kind: 'desired', version: versionIn(topic, query + 2) };
  return undefined;
}

function versionIn(topic: string, from: number): number | undefined {
  const version = Number(parameter(topic, from, '$version') ?? Number.NaN);
  return Number.isInteger(version) && version >= 0 ? version : undefined;
}

/** A request id is echoed as it came: text that need not be a number (reference 2.7). */
function parameter(topic: string, from: number, key: string): string | undefined {
  for (const part of topic.slice(from).split('&')) {
    if (part.startsWith(key) && part[key.length] === '=') return part.slice(key.length + 1);
  }
  return undefined;
}
