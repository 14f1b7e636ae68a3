// The answers an IoT Hub gives when it refuses: name in `iothub-errorcode`, six-digit number in the body, HTTP status (reference section 9).
// The hub answers with them; invoker and window explain them.

/** name -> [number, HTTP status]. Keep name and number together: the .NET SDK reports InvalidErrorCode when they disagree (reference 4.1). */
export const serviceErrors = {
  GenericBadRequest: [400000, 400],
  InvalidProtocolVersion: [400001, 400],
  InvalidOperation: [400003, 400],
  ArgumentInvalid: [400004, 400],
  ArgumentNull: [400005, 400],
  IotHubFormatError: [400006, 400],
  DeviceDefinedMultipleTimes: [400011, 400],
  DeserializationError: [400012, 400],
  BulkRegistryOperationFailure: [400013, 400],
  ConnectionForcefullyClosedOnNewConnection: [400027, 400],
  CannotRegisterModuleToModule: [400301, 400],
  InvalidConfigurationTargetCondition: [400402, 400],
  InvalidConfigurationContent: [400403, 400],
  IotHubNotFound: [401001, 401],
  IotHubUnauthorizedAccess: [401002, 401],
  IotHubUnauthorized: [401003, 401],
  IotHubSuspended: [403001, 403],
  IotHubQuotaExceeded: [403002, 403],
  JobQuotaExceeded: [403003, 403],
  DeviceMaximumQueueDepthExceeded: [403004, 403],
  IotHubMaxCbsTokenExceeded: [403005, 403],
  InvalidMessageExpiryTime: [403009, 403],
  OperationNotAvailableInCurrentTier: [403010, 403],
  DeviceMaximumInflightMethodExceeded: [403800, 403],
  GenericNotFound: [404000, 404],
  DeviceNotFound: [404001, 404],
  JobNotFound: [404002, 404],
  AmqpAddressNotFound: [404006, 404],
  ModuleNotFound: [404010, 404],
  FeatureNotSupported: [404013, 404],
  DeviceNotOnline: [404103, 404],
  DeviceConnectionClosedRemotely: [404104, 404],
  ConfigurationNotFound: [404301, 404],
  GenericMethodNotAllowed: [405000, 405],
  DeviceAlreadyExists: [409001, 409],
  LinkCreationConflict: [409002, 409],
  JobAlreadyExists: [409104, 409],
  ModuleAlreadyExistsOnDevice: [409301, 409],
  ConfigurationAlreadyExists: [409401, 409],
  PreconditionFailed: [412001, 412],
  DeviceMessageLockLost: [412002, 412],
  MessageTooLarge: [413001, 413],
  TooManyDevices: [413002, 413],
  TooManyModulesOnDevice: [413003, 413],
  GenericUnsupportedMediaType: [415000, 415],
  ThrottlingException: [429001, 429],
  ThrottleBacklogLimitExceeded: [429002, 429],
  ThrottlingBacklogTimeout: [429003, 429],
  ThrottlingMaxActiveJobCountExceeded: [429004, 429],
  ServerError: [500001, 500],
  GenericBadGateway: [502000, 502],
  ServiceUnavailable: [503001, 503],
  GenericGatewayTimeout: [504000, 504],
  GatewayTimeout: [504101, 504],
} as const satisfies Record<string, readonly [number, number]>;

export type ServiceErrorName = keyof typeof serviceErrors;

/** A refusal by the hub: a value that functions return, never throw. */
export class Refusal {
  constructor(
    readonly name: ServiceErrorName,
    readonly message: string,
    /** Extra facts in the body, e.g. `{ timeout: '00:00:30' }`. */
    readonly info?: Readonly<Record<string, string>>,
  ) {}
  get number(): number {
    return serviceErrors[this.name][0];
  }
  get status(): number {
    return serviceErrors[this.name][1];
  }
}

export const refuse = (name: ServiceErrorName, message: string, info?: Readonly<Record<string, string>>): Refusal =>
  new Refusal(name, message, info);

/** Plain words for a developer: what it means and what to change. Shown beside results; the hub's own message stays untouched. */
export const explanations: Partial<Record<ServiceErrorName, { readonly cause: string; readonly fix: string }>> = {
  DeviceNotOnline: {
    cause: 'The device is not connected, or it is connected but has not subscribed to direct methods.',
    fix: 'Start the device, or raise the connect timeout so that the hub waits for it.',
  },
  GatewayTimeout: {
    cause: 'The device received the call but did not answer within the response timeout.',
    fix: 'Raise the response timeout (5 to 300 s), or answer first and do the work afterwards.',
  },
  ArgumentInvalid: {
    cause: 'A field of the request is outside its allowed range.',
    fix: 'Response timeout: 5 to 300 s. Connect timeout: 0 to 300 s. Payload: at most 128 KB.',
  },
  DeviceNotFound: { cause: 'No such device is registered on this hub.', fix: 'Check the id; case matters.' },
  IotHubUnauthorizedAccess: {
    cause: 'The token does not verify: wrong key, or a policy the hub does not have.',
    fix: 'Copy the connection string again from the Hub page.',
  },
  IotHubUnauthorized: {
    cause: 'The token is missing or expired, or its policy lacks the right this call needs.',
    fix: 'Direct methods and twins need a policy with service connect.',
  },
  ConnectionForcefullyClosedOnNewConnection: {
    cause:
      'The same device id connected a second time while the call was waiting; the hub keeps only the newest connection.',
    fix: 'Give each device its own identity.',
  },
  DeviceConnectionClosedRemotely: {
    cause: 'The device lost its connection while the call was waiting for the answer.',
    fix: 'Call again when it is back; it may have executed the method already.',
  },
  PreconditionFailed: {
    cause: 'The twin or identity changed since you read it (the etag differs).',
    fix: 'Read it again and apply your change to the new version.',
  },
  MessageTooLarge: {
    cause: 'The message is larger than the hub accepts.',
    fix: 'Method payloads: at most 128 KB each way.',
  },
  ThrottlingException: {
    cause: 'The hub is over its rate limit.',
    fix: 'Slow down, or retry with exponential back-off.',
  },
};
