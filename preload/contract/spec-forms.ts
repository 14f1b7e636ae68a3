// What faults and behaviours are set with, for forms that are made from the same schemas the host checks with.
import { z } from 'zod';

export { faultPresets, withFreeNames } from '../../simulators/vocabulary/fault-presets.ts';
export {
  acknowledgeSchema,
  behaviourSchemas,
  faultKinds,
  faultSchemas,
  longestDelay,
  methodsSchema,
  whenSchema,
} from '../../simulators/vocabulary/specs.ts';

/** As JSON Schema, with titles, descriptions, ranges and defaults. */
export const jsonSchemaOf = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input' });
