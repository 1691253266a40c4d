import fc from 'fast-check';
import type { Schema } from './document';

/** Values that `schema` allows, small ones; base64 is often that of one of the files. */
export function fromSchema(schema: Schema, files: readonly Buffer[] = []): fc.Arbitrary<unknown> {
  const { type, format, items, properties = {}, required = [], anyOf, oneOf } = schema;
  const choices = anyOf ?? oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => fromSchema(choice, files)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer' || type === 'number')
    return fc.integer({ min: schema.minimum ?? -5, max: schema.maximum ?? 1000 });
  if (type === 'string' && format === 'byte')
    return fc.oneof(...files.map((file) => fc.constant(file.toString('base64'))), fc.base64String());
  if (type === 'string') return fc.string();
  if (type === 'array')
    return fc.array(fromSchema(items ?? {}, files), {
      minLength: schema.minItems ?? 0,
      maxLength: schema.maxItems ?? 3,
    });
  if (type !== 'object') return fc.jsonValue({ maxDepth: 3 });
  const values = Object.entries(properties).map(([key, value]) => [key, fromSchema(value, files)] as const);
  return fc.record(Object.fromEntries(values), { requiredKeys: [...required] });
}

/** JSON with one value within it changed, left out or put in. */
export function broken(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.oneof(fc.constant(undefined), fc.jsonValue({ maxDepth: 2 }), fc.constant(1e308));
  return fc.tuple(values, fc.noBias(fc.nat()), change).map(([value, at, other]) => {
    const places = placesIn(value);
    return changed(value, places[at % places.length], other);
  });
}

/** The ways to all values within `value`, and to one that an object does not have. */
function placesIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Object.entries(value).flatMap(([key, item]) => placesIn(item).map((rest) => [key, ...rest]));
  return Array.isArray(value) ? [[], ...inner] : [[], ['stranger'], ...inner];
}

function changed(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? Object.assign([], value)
    : { ...Object(value) };
  copy[key] = changed(copy[key], rest, other);
  return copy;
}
