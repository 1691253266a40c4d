// What the set-up says: one line a step, with a mark, what came of it and how long it took.

/**
 * @typedef {object} Outcome
 * @property {string} detail What came of the step, in a few words.
 * @property {string} [warning] One sentence where the step could not do all it should, with the remedy.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {string} why Why the course needs it, shown while the step works.
 * @property {() => Outcome | undefined} fresh What is already there, or undefined where there is work to do.
 * @property {(progress: (text: string) => void) => Promise<Outcome>} work
 *
 * @typedef {object} Report
 * @property {(text: string) => void} say
 * @property {(step: Step) => Promise<void>} step
 */

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A mistake of the surroundings: its message alone is shown, without a stack trace. */
export class SetupError extends Error {}

/** @param {number} milliseconds */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * A report on `stream`. On a terminal a line that moves shows that a long step is alive; elsewhere each step says when
 * it starts. With `quiet`, steps that have nothing to do say nothing.
 *
 * @param {{ quiet?: boolean, stream?: NodeJS.WritableStream & { isTTY?: boolean, columns?: number } }} [options]
 * @returns {Report}
 */
export function createReport({ quiet = false, stream = process.stdout } = {}) {
  const live = Boolean(stream.isTTY);
  /** @param {string} text */
  const say = (text) => void stream.write(`${text}\n`);

  /** @param {string} mark @param {string} name @param {number} durationMs @param {string} detail */
  const line = (mark, name, durationMs, detail) =>
    say(`${mark} ${name.padEnd(20)}${seconds(durationMs).padStart(8)}  ${detail}`);

  return {
    say,
    async step({ name, why, fresh, work }) {
      const started = performance.now();
      const present = fresh();
      if (present) {
        if (!quiet) line(present.warning ? '!' : '✓', name, performance.now() - started, present.detail);
        if (!quiet && present.warning) say(`  ${present.warning}`);
        return;
      }
      let latest = why;
      let frame = 0;
      const draw = () => {
        frame = (frame + 1) % frames.length;
        const text = `${frames[frame]} ${name.padEnd(20)}${seconds(performance.now() - started).padStart(8)}  ${latest}`;
        stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
      };
      const timer = live ? setInterval(draw, 120) : undefined;
      if (!live) say(`… ${name}: ${why}`);
      try {
        const { detail, warning } = await work((text) => {
          latest = text;
        });
        if (live) stream.write('\r\x1b[2K');
        line(warning ? '!' : '✓', name, performance.now() - started, detail);
        if (warning) say(`  ${warning}`);
      } catch (error) {
        if (live) stream.write('\r\x1b[2K');
        line('✗', name, performance.now() - started, 'failed');
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
