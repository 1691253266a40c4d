import { parse } from 'protobufjs';

/** Turns messages of one type into bytes and back. */
export interface MessageCodec<Message extends object> {
  encode(message: Message): Uint8Array;
  /** Throws for bytes that are no such message. */
  decode(bytes: Uint8Array): Message;
}

/**
 * The codec of the message `name` in `schema`, the text of a `.proto` file. A message is a plain object with the fields'
 * names as they are there; bytes are Uint8Array, int64 numbers.
 */
export function messageCodec<Message extends object>(
  schema: string,
  { name }: { readonly name: string },
): MessageCodec<Message> {
  const type = parse(schema, { keepCase: true }).root.lookupType(name);
  return {
    encode: (message) => type.encode(message).finish(),
    decode: (bytes) =>
      type.toObject(type.decode(bytes), { longs: Number, arrays: true, objects: true }) as Message,
  };
}
