// Reads the error bodies a hub sends, both forms (reference 4.1): `{"Message":"ErrorCode:Name;text"}` and `{"Message":"{json}"}`.
import { explanations, type ServiceErrorName, serviceErrors } from '../vocabulary/service-errors.ts';

export interface ServiceProblem {
  /** `DeviceNotOnline`, ...; the HTTP status as text when the hub named none. */
  readonly name: string;
  /** Six digits; missing in the older form. */
  readonly number?: number;
  readonly message: string;
  readonly explanation?: { readonly cause: string; readonly fix: string };
}

export function serviceProblem(status: number, header: string | undefined, body: string): ServiceProblem {
  const { number, name, message } = readBody(body);
  const known = header ?? name ?? nameOf(number) ?? `HTTP ${status}`;
  const explanation = explanations[known as ServiceErrorName];
  return {
    name: known,
    ...(number === undefined ? {} : { number }),
    message: message === '' ? `the hub answered HTTP ${status} without a message` : message,
    ...(explanation === undefined ? {} : { explanation }),
  };
}

const nameOf = (number: number | undefined): string | undefined =>
  number === undefined ? undefined : Object.entries(serviceErrors).find(([, [code]]) => code === number)?.[0];

function readBody(body: string): { number?: number; name?: string; message: string } {
  const outer = parse(body);
  const text = typeof outer?.Message === 'string' ? outer.Message : undefined;
  if (text === undefined) return { message: body.slice(0, 500) };
  const inner = parse(text);
  if (inner !== undefined) {
    return {
      ...(typeof inner.errorCode === 'number' ? { number: inner.errorCode } : {}),
      message: typeof inner.message === 'string' ? inner.message : text,
    };
  }
  const older = /^ErrorCode:([A-Za-z]+);(.*)$/s.exec(text);
  return older === null ? { message: text } : { name: older[1] as string, message: older[2] as string };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
