/** The chapter that a name is or begins or ends with: `02-normalization`, `02-normalization_final`, `hw-02-normalization`. */
export function chapterInName(name: string, chapters: readonly string[]): string | undefined {
  const text = name.toLowerCase();
  return chapters.find((chapter) => {
    const at = text.indexOf(chapter.toLowerCase());
    if (at < 0) return false;
    const [before, after] = [text[at - 1], text[at + chapter.length]];
    return (before === undefined || separator.test(before)) && (after === undefined || separator.test(after));
  });
}

/** The student, and the chapter where it is named, in the name of a file: `alice`, `02-normalization_alice`, `alice 02-normalization`. */
export function studentInName(
  name: string,
  chapters: readonly string[],
): { readonly student?: string; readonly chapter?: string } {
  const chapter = chapterInName(name, chapters);
  if (chapter === undefined) return { student: name };
  const at = name.toLowerCase().indexOf(chapter.toLowerCase());
  const rest = [name.slice(0, at), name.slice(at + chapter.length)].map((part) =>
    part.replace(/^[\s_.-]+|[\s_.-]+$/g, ''),
  );
  const student = rest.filter((part) => part !== '').join('_');
  return student === '' ? { chapter } : { chapter, student };
}

/** A name without what browsers and JupyterLab add to a copy: `x (1)`, `x-Copy1`. */
export function withoutCopyMark(name: string): string {
  return name.replace(/(\s*\(\d+\)|-Copy\d*)+$/, '') || name;
}

const separator = /[\s_.()[\]-]/;
