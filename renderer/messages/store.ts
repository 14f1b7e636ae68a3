// The message being written: one for the window, whoever it goes to. Kept in localStorage but for its id.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { CommandInput } from '../connection/shapes.ts';
import { jsonProblem } from '../widgets/JsonEditor.tsx';

export const acks = ['none', 'positive', 'negative', 'full'] as const;
export type Ack = (typeof acks)[number];

export interface Property {
  /** Tells rows apart while names are being written. */
  readonly key: number;
  readonly name: string;
  readonly value: string;
}

export interface Draft {
  readonly form: 'json' | 'text';
  readonly body: string;
  readonly properties: readonly Property[];
  readonly messageId: string;
  readonly ack: Ack;
  /** Seconds; NaN, which is blank, leaves it to the hub. */
  readonly expiry: number;
}

interface MessageState extends Draft {
  change(change: Partial<Draft>): void;
}

export const useMessage = create<MessageState>()(
  persist(
    (set) => ({
      form: 'json',
      body: '{ "blink": true }',
      properties: [],
      messageId: '',
      ack: 'none',
      expiry: Number.NaN,
      change: (change) => set(change),
    }),
    {
      name: 'hubfleet.message',
      version: 1,
      partialize: ({ form, body, properties, ack }) => ({ form, body, properties, ack }),
    },
  ),
);

export type Problems = Partial<Record<'body' | 'properties' | 'messageId' | 'expiry', string>>;

/** A row that nothing was written into is none. */
const filled = (properties: readonly Property[]) => properties.filter(({ name, value }) => name !== '' || value !== '');

/** The service's own limits (64 KB, two days), said before anything is sent. */
export function problemsOf({ form, body, properties, messageId, expiry }: Draft): Problems {
  const problems: Problems = {};
  const wrong = form === 'json' ? jsonProblem(body, 'Body') : undefined;
  const bytes = new TextEncoder().encode(body).length;
  if (bytes > 65_536) problems.body = `Body: ${bytes} bytes; at most 65536 are allowed.`;
  else if (wrong) problems.body = wrong;
  const names = filled(properties).map(({ name }) => name);
  if (names.includes('')) problems.properties = 'Properties: one has a value and no name.';
  else if (new Set(names).size < names.length) problems.properties = 'Properties: a name is there twice.';
  if (messageId.length > 128) problems.messageId = 'Message id: at most 128 characters.';
  if (!Number.isNaN(expiry) && (!Number.isInteger(expiry) || expiry < 1 || expiry > 172_800)) {
    problems.expiry = `Expiry: ${expiry} is not 1 to 172800 s.`;
  }
  return problems;
}

export function inputOf(draft: Draft, devices: readonly string[]): CommandInput<'message.send'> {
  const { form, body, properties, messageId, ack, expiry } = draft;
  return {
    devices: devices as CommandInput<'message.send'>['devices'],
    body,
    ack,
    properties: Object.fromEntries(filled(properties).map(({ name, value }) => [name, value])),
    ...(form === 'json' ? { contentType: 'application/json' } : {}),
    ...(messageId === '' ? {} : { messageId }),
    ...(Number.isNaN(expiry) ? {} : { expirySeconds: expiry }),
  };
}
