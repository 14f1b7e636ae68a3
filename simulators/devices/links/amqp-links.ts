// The six links of a device over AMQP (reference 3.3). Credit and settling are ours: rhea's own ways cost a closure or two a link.
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { AmqpLine } from './amqp-line.ts';
import type { LinkOptions, LinkOwner, LocalAttach, RheaLink } from './amqp-rhea.ts';
import { channelId, pathOf } from './amqp-wire.ts';

const apiVersion = '2021-04-12';
/** How much the hub may send ahead on each link, as the Node SDK allows. */
const credit = 1_000;

/** What a link is for. */
export const use = { methodsOut: 0, methodsIn: 1, twinOut: 2, twinIn: 3, events: 4, messages: 5 } as const;
export const linkNames = ['methods-out', 'methods-in', 'twin-out', 'twin-in', 'events', 'messages'] as const;

const byHand = { credit_window: 0, autoaccept: false, autosettle: false, treat_modified_as_released: false } as const;
/** Answers and twin requests go settled, as the .NET SDK sends them: whether they arrived shows by what comes of them. */
export const settled = { ...byHand, snd_settle_mode: 1, rcv_settle_mode: 0 } as const;

/** Asks for all of them at once; each tells `owner` when it is open. By use. */
export function attachLinks(line: AmqpLine, id: DeviceId, owner: LinkOwner): RheaLink[] {
  const path = pathOf(id);
  const number = line.nextLink();
  const channel = channelId(id, number);
  const { properties } = line.shared;
  const methods = callOptions(properties, `methods:${channel}`);
  const twin = callOptions(properties, `twin:${channel}`);
  const messages: LinkOptions = { ...byHand, properties };
  const attach = (purpose: number, address: string, options: LinkOptions): RheaLink => {
    const name = `${linkNames[purpose]}-${number}`;
    const receives = purpose === use.methodsIn || purpose === use.twinIn || purpose === use.messages;
    const link = receives ? line.session.create_receiver(name, options) : line.session.create_sender(name, options);
    link.set_source(receives ? { address } : {});
    link.set_target(receives ? {} : { address });
    link.owner = owner;
    link.use = purpose;
    link.attach();
    return link;
  };
  return [
    attach(use.methodsOut, `${path}/methods/devicebound`, methods),
    attach(use.methodsIn, `${path}/methods/devicebound`, methods),
    attach(use.twinOut, `${path}/twin`, twin),
    attach(use.twinIn, `${path}/twin`, twin),
    attach(use.events, `${path}/messages/events`, messages),
    attach(use.messages, `${path}/messages/devicebound`, messages),
  ];
}

const callOptions = (properties: LinkOptions['properties'], channel: string): LinkOptions => ({
  ...settled,
  properties: {
    ...properties,
    'com.microsoft:api-version': apiVersion,
    'com.microsoft:channel-correlation-id': channel,
  },
});

const receiving: LocalAttach = { role: true, snd_settle_mode: 2, rcv_settle_mode: 0 };
const sending: LocalAttach = { role: false, snd_settle_mode: 2, rcv_settle_mode: 0 };
const sendingSettled: LocalAttach = { ...sending, snd_settle_mode: 1 };

/** Lets go of what both sides said when the link was opened: 10 KB a device. */
export function forgetAttach(link: RheaLink): void {
  const settles = link.local.attach.snd_settle_mode === 1;
  link.local.attach = link.is_receiver() ? receiving : settles ? sendingSettled : sending;
  link.remote.attach = undefined;
}

export function replenish(link: RheaLink): void {
  if (link.credit <= credit / 2) link.add_credit(credit - link.credit);
}
