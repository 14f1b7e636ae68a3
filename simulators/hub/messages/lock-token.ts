// Lock tokens are GUIDs: AMQP clients take them from the 16 bytes of a delivery tag (reference 3.6).

export function newLockToken(randomBytes: (count: number) => Buffer): string {
  const hex = randomBytes(16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
