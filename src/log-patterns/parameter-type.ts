/** What stood where a template says `<*>`. */
export const PARAMETER_TYPES = [
  'number',
  'hex',
  'uuid',
  'address',
  'path',
  'url',
  'email',
  'time',
  'duration',
  'size',
  'identifier',
  'redacted',
  'text',
] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

export const TYPE_BIT = Object.fromEntries(PARAMETER_TYPES.map((type, index) => [type, 1 << index])) as Readonly<
  Record<ParameterType, number>
>;
