import type { JsonObject, Output } from './nbformat';
import type { Message } from './wire';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Sorts what a kernel broadcasts into the outputs of the cells it belongs to, and lets displays be updated. */
export class OutputCollector {
  private readonly cells = new Map<string, Output[]>();
  private readonly displays = new Map<string, { data: JsonObject; metadata: JsonObject }[]>();

  /** The outputs, growing, of the cell that a request runs. */
  open(request: string): readonly Output[] {
    const outputs: Output[] = [];
    this.cells.set(request, outputs);
    return outputs;
  }

  receive({ type, parent, content }: Message): void {
    if (type === 'update_display_data') {
      for (const shown of this.displays.get(displayId(content) ?? '') ?? []) {
        shown.data = objectOf(content.data);
        shown.metadata = objectOf(content.metadata);
      }
      return;
    }
    const outputs = this.cells.get(parent);
    if (!outputs) return;
    if (type === 'stream') {
      const name = content.name === 'stderr' ? 'stderr' : 'stdout';
      const last = outputs.at(-1) as Mutable<Output> | undefined;
      if (last?.output_type === 'stream' && last.name === name) last.text = `${last.text}${content.text}`;
      else outputs.push({ output_type: 'stream', name, text: String(content.text) });
    } else if (type === 'display_data') {
      const shown = { data: objectOf(content.data), metadata: objectOf(content.metadata) };
      const output = { output_type: 'display_data' as const, ...shown };
      outputs.push(output);
      const id = displayId(content);
      if (id) this.displays.set(id, [...(this.displays.get(id) ?? []), output]);
    }
  }
}

function displayId(content: JsonObject): string | undefined {
  const id = objectOf(content.transient).display_id;
  return typeof id === 'string' ? id : undefined;
}

function objectOf(value: JsonObject[string]): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}
