// What is answered when the hub itself fails, on a full disk say: 500001 with the words of the error; and when a fault makes it fail.
import { type Refusal, refuse, type ServiceErrorName } from '../vocabulary/service-errors.ts';

export const failed = (error: unknown): Refusal =>
  refuse('ServerError', `The hub failed: ${error instanceof Error ? error.message : String(error)}`);

/** The name the service uses for a trouble of its own with this HTTP status (reference section 9). 504101 is a silent device's: not this. */
const troubles: Readonly<Record<number, ServiceErrorName>> = {
  400: 'ArgumentInvalid',
  413: 'MessageTooLarge',
  429: 'ThrottlingException',
  500: 'ServerError',
  502: 'GenericBadGateway',
  503: 'ServiceUnavailable',
  504: 'GenericGatewayTimeout',
};

/** For what waits when the hub stops. */
export const stopped = refuse('ServiceUnavailable', 'The hub is stopping.');

/** The refusal a fault asked for; 500 for a status the service has no word for. */
export const trouble = (status: number, detail: string): Refusal => refuse(troubles[status] ?? 'ServerError', detail);
