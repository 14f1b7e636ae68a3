// The words of the query language with a line on each (reference section 7): for the parser, and for completion in window and command line.

export interface QueryWord {
  readonly word: string;
  readonly says: string;
}

export const queryKeywords: readonly QueryWord[] = [
  { word: 'SELECT', says: 'what each result shows: *, paths, or aggregates' },
  { word: 'TOP', says: 'SELECT TOP 10 *: at most so many results' },
  { word: 'AS', says: 'the name of a result member: tags.site AS site' },
  { word: 'FROM', says: 'devices, devices.modules or devices.jobs' },
  { word: 'WHERE', says: 'a condition; only what makes it true is found' },
  { word: 'GROUP BY', says: 'one result for each value of a path' },
  { word: 'ORDER BY', says: 'sorts by the value of a path' },
  { word: 'ASC', says: 'smallest first, which is the default' },
  { word: 'DESC', says: 'largest first' },
  { word: 'AND', says: 'both sides are true' },
  { word: 'OR', says: 'one side is true' },
  { word: 'NOT', says: 'the rest is false' },
  { word: 'IN', says: "one of a list: deviceId IN ['a', 'b']" },
  { word: 'NIN', says: "there, and none of a list: tags.site NIN ['north']" },
  { word: 'true', says: 'the boolean' },
  { word: 'false', says: 'the boolean' },
  { word: 'null', says: 'a member that is there and empty' },
  { word: 'undefined', says: 'what a missing member is; equal to nothing, not even itself' },
];

/** How each function is called and what it gives. One of a value it cannot take is undefined, and so is a comparison with that. */
export const queryFunctions = {
  IS_DEFINED: { call: 'IS_DEFINED(path)', says: 'whether the member is there, even as null' },
  IS_NULL: { call: 'IS_NULL(value)', says: 'whether it is null' },
  IS_STRING: { call: 'IS_STRING(value)', says: 'whether it is a text' },
  IS_NUMBER: { call: 'IS_NUMBER(value)', says: 'whether it is a number' },
  IS_BOOL: { call: 'IS_BOOL(value)', says: 'whether it is true or false' },
  IS_OBJECT: { call: 'IS_OBJECT(value)', says: 'whether it is an object' },
  IS_ARRAY: { call: 'IS_ARRAY(value)', says: 'whether it is a list' },
  IS_PRIMITIVE: { call: 'IS_PRIMITIVE(value)', says: 'whether it is a text, a number, a boolean or null' },
  STARTS_WITH: { call: 'STARTS_WITH(text, start)', says: 'whether the text begins so; case matters' },
  ENDS_WITH: { call: 'ENDS_WITH(text, end)', says: 'whether the text ends so; case matters' },
  CONTAINS: { call: 'CONTAINS(text, part)', says: 'whether the part occurs in the text; case matters' },
  LENGTH: { call: 'LENGTH(text)', says: 'number of characters' },
  LOWER: { call: 'LOWER(text)', says: 'in lower case' },
  UPPER: { call: 'UPPER(text)', says: 'in upper case' },
  SUBSTRING: { call: 'SUBSTRING(text, start, length)', says: 'a part; start counts from 0, length may be left out' },
  INDEX_OF: { call: 'INDEX_OF(text, part)', says: 'where the part first occurs, from 0; -1 when it does not' },
  CONCAT: { call: 'CONCAT(text, text, ...)', says: 'the texts one after the other' },
  ABS: { call: 'ABS(number)', says: 'without its sign' },
  EXP: { call: 'EXP(number)', says: 'e to that power' },
  POWER: { call: 'POWER(number, exponent)', says: 'the number to that power' },
  SQUARE: { call: 'SQUARE(number)', says: 'multiplied by itself' },
  CEILING: { call: 'CEILING(number)', says: 'the next whole number up' },
  FLOOR: { call: 'FLOOR(number)', says: 'the next whole number down' },
  SIGN: { call: 'SIGN(number)', says: '-1, 0 or 1' },
  SQRT: { call: 'SQRT(number)', says: 'the square root' },
  AS_NUMBER: { call: 'AS_NUMBER(value)', says: 'the number that a text writes' },
} as const satisfies Record<string, { readonly call: string; readonly says: string }>;
export type QueryFunction = keyof typeof queryFunctions;

/** Only in SELECT, over devices and modules. */
export const queryAggregates = {
  COUNT: { call: 'COUNT()', says: 'how many there are' },
  AVG: { call: 'AVG(path)', says: 'the mean of the numbers' },
  SUM: { call: 'SUM(path)', says: 'the sum of the numbers' },
  MIN: { call: 'MIN(path)', says: 'the smallest number, or the first text' },
  MAX: { call: 'MAX(path)', says: 'the largest number, or the last text' },
} as const satisfies Record<string, { readonly call: string; readonly says: string }>;
export type QueryAggregate = keyof typeof queryAggregates;

const twinRoots: readonly QueryWord[] = [
  { word: 'deviceId', says: 'the id of the device' },
  { word: 'etag', says: 'changes with tags and desired properties' },
  { word: 'deviceEtag', says: 'changes with the identity' },
  { word: 'status', says: "'enabled' or 'disabled'" },
  { word: 'statusReason', says: 'as whoever disabled it wrote' },
  { word: 'statusUpdateTime', says: 'when the status last changed' },
  { word: 'connectionState', says: "'Connected' or 'Disconnected'" },
  { word: 'lastActivityTime', says: 'when anything last came from it' },
  { word: 'cloudToDeviceMessageCount', says: 'messages that wait for it' },
  { word: 'authenticationType', says: "'sas', 'selfSigned', 'certificateAuthority' or 'none'" },
  { word: 'x509Thumbprint', says: 'x509Thumbprint.primaryThumbprint, .secondaryThumbprint' },
  { word: 'modelId', says: 'the model it last connected with' },
  { word: 'version', says: 'grows with every change of the twin' },
  { word: 'tags', says: 'what services note about it' },
  { word: 'properties.desired', says: 'what services want of it' },
  { word: 'properties.reported', says: 'what it says of itself' },
];

/** What a path may begin with, by collection; in any case, unlike what follows. */
export const queryRoots = {
  devices: [
    ...twinRoots,
    { word: 'capabilities.iotEdge', says: 'whether it is an IoT Edge device' },
    { word: 'deviceScope', says: 'its place in a hierarchy of gateways' },
    { word: 'parentScopes', says: 'the scopes above it' },
  ],
  'devices.modules': [...twinRoots, { word: 'moduleId', says: 'the id of the module' }],
  'devices.jobs': [
    { word: 'jobId', says: 'the id of the job' },
    { word: 'deviceId', says: 'the id of the device' },
    { word: 'moduleId', says: 'the id of the module, when the job is for modules' },
    { word: 'jobType', says: "'scheduleDeviceMethod' or 'scheduleUpdateTwin'" },
    { word: 'status', says: 'how far the job is on this device' },
    { word: 'createdDateTimeUtc', says: 'when the job was made; createdTimeUtc means the same' },
    { word: 'startTimeUtc', says: 'when it began on this device' },
    { word: 'endTimeUtc', says: 'when it ended on this device' },
    { word: 'lastUpdatedDateTimeUtc', says: 'when any of this last changed' },
    { word: 'outcome', says: 'outcome.deviceMethodResponse.status, .payload' },
    { word: 'error', says: 'error.code, error.description' },
  ],
} as const satisfies Record<string, readonly QueryWord[]>;
export type QueryCollection = keyof typeof queryRoots;
