import { createConverter } from 'tslab/dist/converter';
import { rewriteForTslab } from '../../kernel/rewrite';
import { type Chapter, tagsOf } from '../chapter';
import { studentCells } from '../notebook';
import { firstLine } from '../problems';

/**
 * Type errors of a chapter as students get it, one sentence each, found by tslab's own compiler: each cell sees what the
 * cells before it declare, may declare it anew, and may await. Imports resolve from the working directory, which must be
 * `notebooks/`. Cells tagged `expect-error` are left out.
 */
export function studentTypeErrors(chapter: Chapter): readonly string[] {
  const converter = createConverter();
  const errors: string[] = [];
  let declared = '';
  try {
    for (const [at, { cell, source }] of studentCells(chapter).entries()) {
      if (cell.kind !== 'code' || tagsOf(cell).includes('expect-error')) continue;
      const { diagnostics, declOutput = declared } = converter.convert(declared, rewriteForTslab(source));
      declared = declOutput; // none where the cell has errors
      const name = `cell ${at + 1} (${firstLine({ source })})`;
      for (const { start, messageText } of diagnostics)
        errors.push(`${name}, line ${start.line + 1}: ${messageText}`);
    }
  } finally {
    converter.close();
  }
  return errors;
}
