import { createHmac, randomUUID } from 'node:crypto';
import type { JsonObject } from './nbformat';

/** A message of Jupyter's protocol, 5.3 (https://jupyter-client.readthedocs.io/en/stable/messaging.html). */
export interface Message {
  readonly id: string;
  readonly type: string;
  /** Id of the request that this message answers or belongs to. */
  readonly parent: string;
  readonly content: JsonObject;
}

const delimiter = '<IDS|MSG>';

/** A request as the frames that go over a socket, signed with the connection's key. */
export function encodeRequest(
  type: string,
  { key, session, content }: { readonly key: string; readonly session: string; readonly content: JsonObject },
): { readonly id: string; readonly frames: readonly string[] } {
  const id = randomUUID();
  const date = new Date().toISOString();
  const header = { msg_id: id, msg_type: type, session, username: 'course', date, version: '5.3' };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  return { id, frames: [delimiter, sign(key, parts), ...parts] };
}

/** The message in the frames that came, or nothing where they are none of ours. */
export function decodeMessage(
  frames: readonly Buffer[],
  { key }: { readonly key: string },
): Message | undefined {
  const texts = frames.map((frame) => frame.toString());
  const at = texts.indexOf(delimiter);
  const parts = texts.slice(at + 2, at + 6);
  if (at < 0 || parts.length < 4 || texts[at + 1] !== sign(key, parts)) return undefined;
  const [header, parent, , content] = parts.map((part) => JSON.parse(part));
  return { id: header.msg_id, type: header.msg_type, parent: parent.msg_id ?? '', content };
}

function sign(key: string, parts: readonly string[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}
