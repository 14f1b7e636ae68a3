// What a developer is told about a CONNECT or a topic that the service would take or refuse without a word. Pure.
import { isDeviceId } from '../../../vocabulary/ids.ts';
import { eventsTopic } from './topics.ts';
import type { Username } from './username.ts';

/** The first version with twins and direct methods. */
const oldestVersion = '2016-11-14';

export function versionAdvice({ apiVersion }: Username): string | undefined {
  const ending = 'End the user name with /?api-version=2021-04-12.';
  if (apiVersion === undefined) {
    return `The user name has no api-version; on Azure methods and twins may then not work. ${ending}`;
  }
  if (/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(apiVersion) && apiVersion >= oldestVersion) return undefined;
  return `api-version ${apiVersion.slice(0, 40)} is older than ${oldestVersion}, or no date: on Azure methods and twins may then not work. ${ending}`;
}

/** @param registered whether there is an identity of that name. */
export function idAdvice(id: string, registered: (id: string) => boolean): string | undefined {
  const decoded = decodedOf(id);
  if (decoded !== undefined && decoded !== id && registered(decoded)) {
    return `'${id}' is percent-encoded; in user name, client id and topics an id stands as it is: '${decoded}'.`;
  }
  if (isDeviceId(id)) return undefined;
  return `'${id.slice(0, 140)}' cannot be an id: 1 to 128 letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ ' are allowed.`;
}

function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** For a topic that `readTopic` does not know. */
export function topicAdvice(topic: string, identity: string): string {
  const own = eventsTopic(identity);
  if (/^devices\//i.test(topic))
    return `Messages of ${identity} go to ${own}, followed by their properties; no other devices/ topic is its own.`;
  if (/^\$iothub\/methods\//i.test(topic)) {
    return 'Answers to methods go to $iothub/methods/res/{status}/?$rid={request id}: a whole number, then the id of the request.';
  }
  if (/^\$iothub\/twin\//i.test(topic)) {
    return 'Twin requests go to $iothub/twin/GET/?$rid={any} and $iothub/twin/PATCH/properties/reported/?$rid={any}.';
  }
  return `The service has no topics of your own choosing; messages go to ${own}.`;
}

/** Names the clients of all languages take apart in the same way (reference 2.7). */
export const isPlainMethodName = (method: string): boolean => /^[A-Za-z0-9_.*-]+$/.test(method);
