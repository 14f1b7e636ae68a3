// A PUBLISH of MQTT 3.1.1 (section 3.3) at QoS 0 or 1 as one piece of bytes, for devices and hub alike. mqtt writes each in several,
// which costs a thread of busy devices an eighth of its time, and over TLS a record each; mqtt-packet costs the hub's thread a twenty-fifth.

const publishAtQos0 = 0x30;
const publishAtQos1 = 0x32;

/** @param packetId 1 to 65535: the message is then sent at QoS 1, and its receiver answers with that id. */
export function publishPacket(topic: string, payload: string | Buffer, packetId?: number): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const rest = 2 + topicBytes + (packetId === undefined ? 0 : 2) + Buffer.byteLength(payload);
  const packet = Buffer.allocUnsafe(1 + lengthBytes(rest) + rest);
  packet[0] = packetId === undefined ? publishAtQos0 : publishAtQos1;
  let at = 1;
  for (let left = rest; ; left >>>= 7) {
    packet[at++] = left < 128 ? left : (left & 127) | 128;
    if (left < 128) break;
  }
  at = packet.writeUInt16BE(topicBytes, at);
  at += packet.write(topic, at);
  if (packetId !== undefined) at = packet.writeUInt16BE(packetId, at);
  if (typeof payload === 'string') packet.write(payload, at);
  else payload.copy(packet, at);
  return packet;
}

const lengthBytes = (rest: number): number => (rest < 128 ? 1 : rest < 16_384 ? 2 : rest < 2_097_152 ? 3 : 4);
