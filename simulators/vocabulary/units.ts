// Units. Times are milliseconds everywhere; seconds appear only where the IoT Hub API says seconds, and then in the name.

/** A length of time in milliseconds. */
export type Millis = number;
/** A moment: milliseconds since the Unix epoch. The real clock gives microseconds behind the point, a virtual clock whole milliseconds. */
export type Instant = number;

export const seconds = (count: number): Millis => count * 1_000;
export const minutes = (count: number): Millis => count * 60_000;
export const hours = (count: number): Millis => count * 3_600_000;
/** Bytes in one KB as the IoT Hub documents count them. */
export const kilobytes = (count: number): number => count * 1_024;
