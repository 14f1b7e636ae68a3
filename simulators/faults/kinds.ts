// Every fault by its kind. A new one is a file in its family's folder, a line in that folder's table and a schema in vocabulary/fault-specs.ts.
import type { FaultKind, FaultSettings } from '../vocabulary/fault-specs.ts';
import type { FaultMaker, FaultSteps, FaultTools } from './fault.ts';
import { hubs } from './hub/hubs.ts';
import { links } from './link/links.ts';
import { replies } from './reply/replies.ts';
import { twins } from './twin/twins.ts';

export type FaultMakers = { readonly [Kind in FaultKind]: FaultMaker<Kind> };

const makers: FaultMakers = { ...replies, ...links, ...twins, ...hubs };

export function makeFault(settings: FaultSettings, tools: FaultTools): FaultSteps {
  const make = makers[settings.kind] as (settings: FaultSettings, tools: FaultTools) => FaultSteps;
  return make(settings, tools);
}
