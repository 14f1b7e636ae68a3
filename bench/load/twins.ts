// The twins that queries are measured over: about 1 KB each, as a fleet's are.

/** The same for the same number. */
export const twinOf = (number: number) => ({
  id: `device-${String(number).padStart(5, '0')}`,
  tags: {
    site: ['north', 'south', 'east', 'west'][number % 4] as string,
    floor: number % 12,
    owner: { team: `team-${number % 50}`, shift: number % 2 === 0 ? 'day' : 'night' },
  },
  desired: {
    interval: 60,
    firmware: { version: `1.${number % 7}.0`, url: `https://firmware.example/1.${number % 7}.0` },
    limits: { temperature: { low: 5, high: 80 }, pressure: { low: 1, high: 9 } },
  },
});
