// What every kind of fault has in its JSON Schema, and the settings that several kinds share.
import { z } from 'zod';
import { distributionSchema } from './distribution-specs.ts';

export const delay = distributionSchema.describe('How long, drawn afresh each time.');

export const kind = <Kind extends string, Shape extends z.ZodRawShape>(
  name: Kind,
  about: Omit<FaultMeta, 'id'>,
  shape: Shape,
) => z.strictObject({ kind: z.literal(name), ...shape }).meta({ id: name, ...about });

/** Part of each kind's JSON Schema. */
interface FaultMeta {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** What it takes hold of: `probability`, `every` and `first` count these. */
  readonly touches:
    | 'reply'
    | 'method'
    | 'connection'
    | 'bytes'
    | 'report'
    | 'request'
    | 'device'
    | 'notification'
    | 'hub';
}
