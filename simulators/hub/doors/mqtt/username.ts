// The user name of a CONNECT: hub, device, module and properties (reference 2.3). Ids in it are never percent-encoded, values are. Pure.

export interface Username {
  readonly hostName: string;
  readonly device: string;
  readonly module?: string;
  readonly apiVersion?: string;
  /** The SDK's name and version, decoded. */
  readonly client?: string;
  readonly modelId?: string;
}

/**
 * Splits at '/': `host/device/?a=b&...`, `host/device/module/?...`, the same without properties, and the older `host/device/api-version=...`.
 * Undefined when it is none of them.
 */
export function parseUsername(text: string): Username | undefined {
  const segments = text.split('/');
  const last = segments.at(-1) ?? '';
  let properties = '';
  if (last.startsWith('?')) {
    properties = last.slice(1);
    segments.pop();
  } else if (segments.length > 2 && (last === '' || /^(api-version|DeviceClientType)=/.test(last))) {
    properties = last;
    segments.pop();
  }
  const [hostName, device, module, more] = segments;
  if (!hostName || !device || module === '' || more !== undefined) return undefined;
  const values = propertiesOf(properties);
  if (values === undefined) return undefined;
  const apiVersion = values.get('api-version');
  const client = values.get('DeviceClientType');
  const modelId = values.get('model-id');
  return {
    hostName,
    device,
    ...(module === undefined ? undefined : { module }),
    ...(apiVersion ? { apiVersion } : undefined),
    ...(client ? { client } : undefined),
    ...(modelId ? { modelId } : undefined),
  };
}

/** Of two with one name the first counts; undefined when a value cannot be decoded. */
function propertiesOf(text: string): Map<string, string> | undefined {
  const values = new Map<string, string>();
  for (const pair of text.split('&')) {
    const split = pair.indexOf('=');
    if (split <= 0) continue;
    const name = pair.slice(0, split);
    if (values.has(name)) continue;
    try {
      values.set(name, decodeURIComponent(pair.slice(split + 1)));
    } catch {
      return undefined;
    }
  }
  return values;
}
