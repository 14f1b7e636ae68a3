// The commands with which Microsoft's device SDKs test themselves: application properties of a telemetry message that ask the hub to go wrong for
// the device that sent it. Names and words as their tests send them (azure-iot-sdk-node, -csharp, -java, -c).
import type { KillTarget } from '../../vocabulary/fault-specs.ts';
import type { ServiceErrorName } from '../../vocabulary/service-errors.ts';
import { type Millis, seconds } from '../../vocabulary/units.ts';

export const commandNames = {
  type: 'AzIoTHub_FaultOperationType',
  reason: 'AzIoTHub_FaultOperationCloseReason',
  delay: 'AzIoTHub_FaultOperationDelayInSecs',
  duration: 'AzIoTHub_FaultOperationDurationInSecs',
} as const;

export type Operation =
  | { readonly kill: KillTarget; readonly over?: 'amqp' | 'mqtt'; readonly refuse?: undefined }
  | { readonly refuse: ServiceErrorName; readonly kill?: undefined };

const operations: Readonly<Record<string, Operation>> = {
  KillTcp: { kill: 'tcp' },
  KillAmqpConnection: { kill: 'connection', over: 'amqp' },
  KillAmqpSession: { kill: 'session', over: 'amqp' },
  KillAmqpCBSLinkReq: { kill: 'cbs-request-link', over: 'amqp' },
  KillAmqpCBSLinkResp: { kill: 'cbs-response-link', over: 'amqp' },
  KillAmqpD2CLink: { kill: 'telemetry-link', over: 'amqp' },
  KillAmqpC2DLink: { kill: 'message-link', over: 'amqp' },
  KillAmqpTwinLinkReq: { kill: 'twin-request-link', over: 'amqp' },
  KillAmqpTwinLinkResp: { kill: 'twin-response-link', over: 'amqp' },
  KillAmqpMethodReqLink: { kill: 'method-request-link', over: 'amqp' },
  KillAmqpMethodRespLink: { kill: 'method-response-link', over: 'amqp' },
  ShutDownAmqp: { kill: 'connection', over: 'amqp' },
  ShutDownMqtt: { kill: 'connection', over: 'mqtt' },
  InvokeThrottling: { refuse: 'ThrottlingException' },
  InvokeMaxMessageQuota: { refuse: 'IotHubQuotaExceeded' },
  InvokeAuthError: { refuse: 'IotHubUnauthorized' },
};

/** Every word a command may begin with. */
export const operationTypes: readonly string[] = Object.keys(operations);

export interface Command {
  readonly type: string;
  readonly operation: Operation;
  readonly reason: string;
  readonly delay: Millis;
  /** What only those that refuse have. */
  readonly duration: Millis;
}

const longest = 86_400;

/** The command in a message's properties, or the sentence what is wrong with it. Only for a message that names a type. */
export function readCommand(properties: Readonly<Record<string, string>>): Command | string {
  const { type: typeName, reason: reasonName, delay: delayName, duration: durationName } = commandNames;
  const type = properties[typeName] ?? '';
  const operation = Object.hasOwn(operations, type) ? operations[type] : undefined;
  if (operation === undefined) {
    return `${typeName}: '${type.slice(0, 80)}' is none of ${operationTypes.join(', ')}.`;
  }
  const [delay, duration] = [delayName, durationName].map((name) => secondsOf(properties[name] ?? '0'));
  if (delay === undefined) return noSeconds(delayName, properties[delayName]);
  if (duration === undefined) return noSeconds(durationName, properties[durationName]);
  if (operation.refuse !== undefined && duration === 0) {
    return `${durationName}: with ${type} it must be above 0, the seconds for which the hub refuses.`;
  }
  return { type, operation, reason: (properties[reasonName] ?? '').trim().slice(0, 200), delay, duration };
}

const secondsOf = (text: string): Millis | undefined =>
  /^\d{1,5}(\.\d{1,3})?$/.test(text) && Number(text) <= longest ? Math.round(seconds(Number(text))) : undefined;

const noSeconds = (name: string, value = ''): string =>
  `${name}: '${value.slice(0, 80)}' is no number of seconds from 0 to ${longest}.`;
