// `hub.refuse`: the hub does not let the device in. One that is in stays in.
import type { FaultMaker } from '../fault.ts';

const words: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'service unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
};

export const hubRefuse: FaultMaker<'hub.refuse'> = ({ connack, condition }, { name }) => ({
  admission(passage) {
    const mqtt = passage.protocol.startsWith('mqtt');
    passage.refuse(name, { connack, condition }, `refused by fault ${name}: ${mqtt ? words[connack] : condition}`);
  },
});
