// The fields of performatives that the library uses without looking at their types; held before it gets them.
import { BadBytes } from './encoding.ts';
import type { Composite, Frame, Performative } from './rhea-parts.ts';

type Kind = 'number' | 'string' | 'boolean';

/** Field -> kind; a `!` demands the field. */
const fields: Readonly<Record<Performative, Readonly<Record<string, Kind | `${Kind}!`>>>> = {
  open: { hostname: 'string', max_frame_size: 'number', channel_max: 'number', idle_time_out: 'number' },
  begin: { next_outgoing_id: 'number!', incoming_window: 'number!', outgoing_window: 'number!' },
  attach: {
    name: 'string!',
    handle: 'number!',
    role: 'boolean!',
    snd_settle_mode: 'number',
    rcv_settle_mode: 'number',
    initial_delivery_count: 'number',
  },
  flow: {
    next_incoming_id: 'number',
    incoming_window: 'number!',
    next_outgoing_id: 'number!',
    outgoing_window: 'number!',
    handle: 'number',
    delivery_count: 'number',
    link_credit: 'number',
    drain: 'boolean',
  },
  transfer: {
    handle: 'number!',
    delivery_id: 'number',
    message_format: 'number',
    settled: 'boolean',
    more: 'boolean',
    aborted: 'boolean',
  },
  disposition: { role: 'boolean!', first: 'number!', last: 'number', settled: 'boolean' },
  detach: { handle: 'number!', closed: 'boolean' },
  end: {},
  close: {},
};

/** Throws BadBytes. */
export function holdFields(name: Performative, { performative }: Frame): void {
  for (const [field, kind] of Object.entries(fields[name])) {
    const value = performative[field];
    const wanted = kind.replace('!', '');
    if (value === undefined || value === null) {
      if (kind !== wanted) throw new BadBytes(`${name}: ${field} is missing`);
    } else if (typeof value !== wanted) {
      throw new BadBytes(`${name}: ${field} is no ${wanted}`);
    }
  }
}

/** The library gives `null` for a field that is there without a value, and `undefined` for one that is not. */
export const numberOf = (performative: Composite, field: string): number | undefined => {
  const value = performative[field];
  return typeof value === 'number' ? value : undefined;
};

/** Takes a field out, as if the peer had not sent it. */
export const blank = (performative: Composite, index: number): void => {
  if (index < performative.value.length) performative.value[index] = undefined;
};
