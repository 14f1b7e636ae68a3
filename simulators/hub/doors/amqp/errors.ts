// A refusal in AMQP's words: the condition clients map to their error types, and the description they read (reference 3.8, 9).
import type { FaultName } from '../../../vocabulary/ids.ts';
import { Refusal, refuse, type ServiceErrorName } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import { described, type Typed, types } from './rhea-parts.ts';

const conditions: Partial<Record<ServiceErrorName, string>> = {
  InvalidOperation: 'amqp:not-allowed',
  GenericMethodNotAllowed: 'amqp:not-allowed',
  ArgumentInvalid: 'com.microsoft:argument-error',
  ArgumentNull: 'com.microsoft:argument-error',
  IotHubFormatError: 'com.microsoft:argument-error',
  DeserializationError: 'amqp:decode-error',
  InvalidMessageExpiryTime: 'com.microsoft:argument-out-of-range',
  ConnectionForcefullyClosedOnNewConnection: 'amqp:link:stolen',
  LinkCreationConflict: 'com.microsoft:link-creation-conflict',
  IotHubNotFound: 'com.microsoft:iot-hub-not-found-error',
  IotHubUnauthorizedAccess: 'amqp:unauthorized-access',
  IotHubUnauthorized: 'amqp:unauthorized-access',
  IotHubSuspended: 'com.microsoft:iot-hub-suspended',
  IotHubQuotaExceeded: 'amqp:resource-limit-exceeded',
  DeviceMaximumQueueDepthExceeded: 'amqp:resource-limit-exceeded',
  IotHubMaxCbsTokenExceeded: 'amqp:resource-limit-exceeded',
  GenericNotFound: 'amqp:not-found',
  DeviceNotFound: 'amqp:not-found',
  ModuleNotFound: 'amqp:not-found',
  AmqpAddressNotFound: 'amqp:not-found',
  FeatureNotSupported: 'amqp:not-implemented',
  OperationNotAvailableInCurrentTier: 'amqp:not-allowed',
  DeviceAlreadyExists: 'com.microsoft:device-already-exists',
  PreconditionFailed: 'com.microsoft:precondition-failed',
  DeviceMessageLockLost: 'com.microsoft:message-lock-lost',
  MessageTooLarge: 'amqp:link:message-size-exceeded',
  ThrottlingException: 'com.microsoft:device-container-throttled',
  ThrottleBacklogLimitExceeded: 'com.microsoft:device-container-throttled',
  ThrottlingBacklogTimeout: 'com.microsoft:device-container-throttled',
  ServiceUnavailable: 'amqp:link:detach-forced',
  GatewayTimeout: 'com.microsoft:timeout',
};

const names: Readonly<Record<string, ServiceErrorName>> = {
  'amqp:unauthorized-access': 'IotHubUnauthorized',
  'amqp:not-found': 'DeviceNotFound',
  'amqp:resource-limit-exceeded': 'IotHubQuotaExceeded',
  'amqp:connection:forced': 'ServiceUnavailable',
  'com.microsoft:device-disabled': 'DeviceNotFound',
  'com.microsoft:timeout': 'GatewayTimeout',
  'com.microsoft:device-container-throttled': 'ThrottlingException',
  'com.microsoft:iot-hub-suspended': 'IotHubSuspended',
};

/** A fault refuses in the condition it was set with; name and number are those that go with it. */
export class FaultRefusal extends Refusal {
  /** A fact told of it. */
  told = false;
  constructor(
    readonly by: FaultName,
    readonly condition: string,
    detail: string,
  ) {
    super(names[condition] ?? 'ServerError', detail);
  }
}

export const conditionOf = (refusal: Refusal): string =>
  refusal instanceof FaultRefusal ? refusal.condition : (conditions[refusal.name] ?? 'amqp:internal-error');

let errors = 0;

/** An AMQP error; its info's keys are symbols, which the library's own would not be. */
export function errorOf(refusal: Refusal, at: Instant): Typed {
  const time = new Date(at).toISOString();
  const [year, month, day] = time.slice(0, 10).split('-');
  errors += 1;
  const number = errors.toString(16).toUpperCase().padStart(32, '0');
  const trackingId = `${number}-TimeStamp:${month}/${day}/${year} ${time.slice(11, 19)}`;
  const description = JSON.stringify({
    errorCode: refusal.number,
    trackingId,
    message: refusal.message,
    ...(refusal.info === undefined ? undefined : { info: refusal.info }),
    timestampUtc: time,
  });
  return described(0x1d, [
    types.wrap_symbol(conditionOf(refusal)),
    types.wrap_string(description),
    types.wrap_symbolic_map({ 'com.microsoft:tracking-id': trackingId }),
  ]);
}

export const outcomes = {
  accepted: described(0x24, []),
  released: described(0x26, []),
  rejected: (refusal: Refusal, at: Instant): Typed => described(0x25, [errorOf(refusal, at)]),
} as const;

/** What `run` gives, or a refusal in place of what it throws: a full disk, say, must reach its sender and nobody else. */
export function guarded<Value>(run: () => Value): Value | Refusal {
  try {
    return run();
  } catch (error) {
    return refuse('ServerError', error instanceof Error ? error.message : String(error));
  }
}
