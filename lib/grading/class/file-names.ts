import { hashOf } from './read-file';

/**
 * A file name for each id, without its ending: the id itself where it is one that every system takes, else what is left of it
 * and a piece of its hash. No two are the same, even where case does not count, and none leads out of its folder.
 */
export function fileNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const folded = ids.map(fold);
  return new Map(
    ids.map((id, at) => {
      const plain = id
        .replace(/[^\p{L}\p{N}_@.+-]+/gu, '_')
        .replace(/^[.-]+|\.+$/g, '')
        .slice(0, 80);
      const alone = folded.indexOf(folded[at]) === folded.lastIndexOf(folded[at]);
      const taken = plain === '' || plain !== id || !alone || reserved.test(id) || /-[0-9a-f]{8}$/.test(id);
      return [id, taken ? `${plain || 'student'}-${hashOf(id).slice(0, 8)}` : plain];
    }),
  );
}

function fold(id: string): string {
  return id.normalize('NFKC').toLowerCase();
}

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
