import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { instructorHash } from '../../../lib/grading/class/grading-key';
import { findSubmissions } from '../../../lib/grading/class/submissions';
import type { Outcome, QuestionGrade } from '../../../lib/grading/grades';
import { formatNotebook } from '../../../lib/grading/nbformat';
import { sandboxProblem } from '../../../lib/grading/sandbox/bubblewrap';
import type { GradeOptions } from '../../../lib/grading/sandbox/grade-submission';
import { courseRoot } from '../../../lib/paths';
import { makeMiniCourse, notebookOf } from '../../helpers/mini-course';
import { constantNetwork, kind, layer, saveModel, writeModelFile } from './models';

/** The built library, as `npx course grade` uses it. */
const { gradeSubmission } = require(
  join(courseRoot(), 'lib', 'dist', 'grading', 'sandbox', 'grade-submission.js'),
) as typeof import('../../../lib/grading/sandbox/grade-submission');

const chapter = `// %% question="q9.1" points=4
async function handIn(network, trainedOn, folder) {
  // BEGIN SOLUTION
  // END SOLUTION
}

// %% question="q9.2" points=1
async function handIn(network, trainedOn, folder) {
  // BEGIN SOLUTION
  // END SOLUTION
}
`;
const tests = `import { question } from '../../lib/grading/questions';
import { modelTests } from '../../lib/grading/model';
import { colouredImages } from '../../lib/grading/model/rehearsal';

const kind = ${JSON.stringify(kind)};
const images = { ...kind, validation: async () => colouredImages(kind), heldOut: async () => colouredImages(kind, { seed: 3 }) };
const asked = { images, maxParameters: 50, maxBytes: 10_000, save: () => undefined };

question('q9.1', modelTests({
  ...asked, question: 'q9.1', bands: [{ accuracy: 0.2, points: 1 }, { accuracy: 0.5, points: 2 }, { accuracy: 0.9, points: 4 }],
}));
question('q9.2', modelTests({
  ...asked, question: 'q9.2', bands: [{ accuracy: 0.2, points: 1 }],
  images: { ...images, heldOut: async () => { throw new Error('the disk is gone'); } },
}));
`;

// A minute, so it runs with the tests against other frameworks: npm test -- --frameworks
describe('grading a model', function () {
  this.timeout(120_000);
  let course: ReturnType<typeof makeMiniCourse>;
  let student: string;
  const notebook = () => join(student, '09-counting.ipynb');
  const folder = (question = 'q9.1') => join(student, 'models', question);
  const grade = async (options: GradeOptions = {}): Promise<QuestionGrade> => {
    const limits = { seconds: 60 };
    const { questions } = await gradeSubmission(notebook(), {
      ...{ root: course.root, limits, questions: ['q9.1'], ...options },
    });
    return questions[0];
  };
  const outcomes = ({ tests }: QuestionGrade) => tests.map(({ outcome }) => outcome);
  const messages = ({ tests }: QuestionGrade) => tests.map(({ message = '' }) => message).join('\n');
  const edit = (change: (text: string) => string) => {
    const file = join(folder(), 'model.json');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };

  before(function () {
    if (process.env.COURSE_FRAMEWORKS !== '1' || sandboxProblem()) this.skip();
    course = makeMiniCourse({
      'solutions/09-counting.ts': chapter,
      'test/chapters/09-counting.test.ts': tests,
    });
  });
  after(() => course?.remove());
  beforeEach(() => {
    student = join(course.root, 'class', 'ada');
    mkdirSync(student, { recursive: true });
    writeFileSync(notebook(), formatNotebook(notebookOf(['const nothing = 0;'])));
  });
  afterEach(() => rmSync(join(course.root, 'class'), { recursive: true, force: true }));

  it('gives all points to a model that is right on enough images, the same each time', async () => {
    await saveModel(folder());
    const graded = await grade();
    assert.deepEqual(
      graded.tests.map(({ title, weight, outcome }) => [title, weight, outcome]),
      [
        ['models/q9.1 holds a model that can be read', 0, 'passed'],
        ['takes images of 8 x 8 x 3 and gives 4 numbers', 0, 'passed'],
        ['has the classes in the order of the labels', 0, 'passed'],
        ['has at most 50 weights', 0, 'passed'],
        ['takes at most 10,000 bytes', 0, 'passed'],
        ['gives a probability for each class', 0, 'passed'],
        ['is right on 20 % of the held-out images', 1, 'passed'],
        ['is right on 50 % of the held-out images', 1, 'passed'],
        ['is right on 90 % of the held-out images', 2, 'passed'],
      ],
    );
    assert.deepEqual([graded.score, graded.notes], [4, []]);
    assert.deepEqual(await grade(), graded);
  });

  it('gives the points of the highest band that is reached, and tells how far it is to the next', async () => {
    await saveModel(folder(), { model: constantNetwork() });
    const graded = await grade();
    assert.equal(graded.score, 1);
    assert.equal(graded.tests[7].message, 'it is right on 25.00 % of 40');
  });

  it('gives nothing for no model, with a sentence', async () => {
    const graded = await grade();
    assert.equal(graded.score, 0);
    assert.deepEqual(new Set(outcomes(graded)), new Set<Outcome>(['not implemented']));
    assert.match(messages(graded), /no model was handed in for q9\.1: expected one in models\/q9\.1/);
  });

  it('never counts its own failure as a zero', async () => {
    await saveModel(folder('q9.2'));
    const graded = await grade({ questions: ['q9.2'] });
    assert.equal(graded.score, undefined);
    assert.ok(outcomes(graded).includes('infrastructure failure'));
    assert.match(messages(graded), /the disk is gone/);
  });

  it('has another hash, and so another grade, for another model', async () => {
    const hashes = async () => findSubmissions(join(course.root, 'class'), course).submissions[0].sha256;
    const alone = await hashes();
    await saveModel(folder());
    const first = await hashes();
    await saveModel(folder(), { model: constantNetwork() });
    const second = await hashes();
    assert.equal(new Set([alone, first, second]).size, 3);
    const { sha256 } = await gradeSubmission(notebook(), { root: course.root, questions: [] });
    assert.equal(sha256, second);
    assert.match(instructorHash('09-counting', { root: course.root }), /^[0-9a-f]{64}$/);
  });

  it('leaves a model alone that lies among the notebooks of several students', async () => {
    const flat = join(course.root, 'class');
    rmSync(student, { recursive: true });
    for (const name of ['ada', 'bob'])
      writeFileSync(
        join(flat, `09-counting_${name}.ipynb`),
        formatNotebook(notebookOf(['const nothing = 0;'])),
      );
    await saveModel(join(flat, 'models', 'q9.1'));
    const { submissions, problems } = findSubmissions(flat, course);
    assert.deepEqual(
      submissions.map(({ inOwnFolder }) => inOwnFolder),
      [false, false],
    );
    assert.match(problems.join(), /models: whose are they/);
    const [{ path }] = submissions;
    const { questions } = await gradeSubmission(path, {
      ...{ root: course.root, questions: ['q9.1'], inOwnFolder: false },
    });
    assert.equal(questions[0].score, 0);
  });

  describe('refuses', () => {
    const input = { batch_input_shape: [null, 8, 8, 3] };
    const pooling = layer('GlobalAveragePooling2D', { name: 'p', ...input });

    interface Bad {
      readonly name: string;
      readonly make: () => void | Promise<void>;
      readonly outcome?: Outcome;
      readonly says: RegExp;
      /** The test that is looked at; default the first that fails. */
      readonly first?: string;
      readonly options?: GradeOptions;
    }
    const bad: readonly Bad[] = [
      {
        name: 'a network for other images',
        make: () => {
          const layers = [
            tf.layers.globalAveragePooling2d({ inputShape: [9, 9, 3] }),
            tf.layers.dense({ units: 4 }),
          ];
          return saveModel(folder(), { model: tf.sequential({ layers }) });
        },
        says: /it takes 9 x 9 x 3 and gives 4/,
      },
      {
        name: 'swapped classes',
        make: () => saveModel(folder(), { classNames: ['green', 'red', 'blue', 'grey'] }),
        says: /output 0: expected red, got green/,
      },
      {
        name: 'too many weights',
        make: () => {
          const layers = [tf.layers.flatten({ inputShape: [8, 8, 3] }), tf.layers.dense({ units: 4 })];
          return saveModel(folder(), { model: tf.sequential({ layers }) });
        },
        says: /it has 772/,
      },
      {
        name: 'too many bytes',
        make: async () => {
          await saveModel(folder());
          writeFileSync(join(folder(), 'notes.txt'), 'x'.repeat(20_000));
        },
        says: /its files take 2\d,\d{3}/,
      },
      {
        name: 'weights that are not numbers',
        make: () => {
          const model = constantNetwork();
          model.setWeights(model.getWeights().map(({ shape }) => tf.fill(shape, Number.NaN)));
          return saveModel(folder(), { model });
        },
        says: /image 0: expected probabilities, got NaN/,
      },
      {
        name: 'no model at all',
        make: () => {
          mkdirSync(folder(), { recursive: true });
          writeFileSync(join(folder(), 'model.json'), '{}');
        },
        says: /^models\/q9\.1\/weights\.bin: the model's weights are missing/,
      },
      {
        name: 'a link to a file of the machine',
        make: async () => {
          await saveModel(folder());
          rmSync(join(folder(), 'weights.bin'));
          symlinkSync('/etc/passwd', join(folder(), 'weights.bin'));
        },
        says: /"weights\.bin" is no plain file/,
      },
      {
        name: "a link to another student's model",
        make: async () => {
          await saveModel(join(course.root, 'class', 'bob', 'models', 'q9.1'));
          mkdirSync(dirname(folder()));
          symlinkSync('../../bob/models/q9.1', folder());
        },
        says: /models\/q9\.1 is a link or a file/,
      },
      {
        name: "a link to all of another student's models",
        make: async () => {
          await saveModel(join(course.root, 'class', 'bob', 'models', 'q9.1'));
          symlinkSync('../bob/models', dirname(folder()));
        },
        outcome: 'not implemented',
        says: /no model was handed in/,
      },
      {
        name: 'a description of a gigabyte',
        make: async () => {
          await saveModel(folder());
          truncateSync(join(folder(), 'model.json'), 2 ** 30);
        },
        says: /has 10\d+ bytes, at most 200000000 are read/,
      },
      {
        name: 'a layer of a million million units',
        make: () =>
          writeModelFile(folder(), { layers: [pooling, layer('Dense', { name: 'd', units: 1e12 })] }),
        says: /not a model that this course can read/,
      },
      {
        name: 'a layer that takes all memory',
        make: () => {
          const layers = [
            tf.layers.upSampling2d({ inputShape: [...kind.inputShape], size: [300, 300] }), // 69 MB an image
            tf.layers.globalAveragePooling2d({}),
            tf.layers.dense({ units: 4 }),
          ];
          return saveModel(folder(), { model: tf.sequential({ layers }) });
        },
        outcome: 'out of memory',
        says: /used more than 1024 MiB of memory/,
        options: { limits: { seconds: 60, memoryBytes: 2 ** 30 } },
      },
      {
        name: 'a layer that takes more than all memory',
        make: () =>
          writeModelFile(folder(), { layers: [pooling, layer('Dense', { name: 'd', units: 5e8 })] }),
        outcome: 'out of memory',
        says: /Array buffer allocation failed/,
        options: { limits: { seconds: 60, memoryBytes: 2 ** 30 } },
      },
      {
        name: 'a network that takes too long',
        make: () => {
          const inputShape = [...kind.inputShape];
          const wide = { filters: 3, kernelSize: 15, padding: 'same', kernelInitializer: 'zeros' } as const;
          const layers = [
            tf.layers.upSampling2d({ inputShape, size: [64, 64] }),
            ...Array.from({ length: 30 }, () => tf.layers.conv2d(wide)),
            tf.layers.globalAveragePooling2d({}),
            tf.layers.dense({ units: 4 }),
          ];
          return saveModel(folder(), { model: tf.sequential({ layers }) });
        },
        first: 'gives a probability for each class',
        outcome: 'timeout',
        says: /all tests together took longer than 4 s/,
        options: { limits: { seconds: 4 } },
      },
      {
        name: 'a hundred thousand layers',
        make: () => {
          const name = (i: number) => ({ name: `a${i}`, activation: 'relu' });
          const many = Array.from({ length: 100_000 }, (_, i) => layer('Activation', name(i)));
          writeModelFile(folder(), { layers: [pooling, ...many] });
        },
        says: /not a model that this course can read/,
      },
      {
        name: 'settings nested without end',
        make: async () => {
          await saveModel(folder());
          const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
          edit((text) => text.replace('"config": {', `"config": { "more": ${deep},`));
        },
        says: /not a model that this course can read: Maximum call stack/,
      },
      {
        name: 'weights that are to be read elsewhere',
        make: async () => {
          await saveModel(folder());
          rmSync(join(folder(), 'weights.bin'));
          edit((text) => text.replace('"weights.bin"', '"../../../../test/chapters/09-counting.test.ts"'));
        },
        says: /models\/q9\.1\/weights\.bin: the model's weights are missing/,
      },
      {
        name: 'a kind of layer that nobody knows',
        make: () => writeModelFile(folder(), { layers: [pooling, layer('__proto__', { name: 'd' })] }),
        says: /not a model that this course can read/,
      },
    ];
    for (const { name, make, outcome = 'wrong value', says, first, options } of bad) {
      it(name, async () => {
        await make();
        const graded = await grade(options);
        assert.equal(graded.score, 0);
        const failed = graded.tests.find(({ title, outcome }) =>
          first ? title === first : outcome !== 'passed',
        );
        assert.equal(failed?.outcome, outcome, messages(graded));
        assert.match(failed?.message ?? '', says);
      });
    }

    it('prototypes from a file', async () => {
      await saveModel(folder());
      edit((text) => text.replace('{', '{ "__proto__": { "classNames": ["evil"], "polluted": true },'));
      edit((text) => text.replace('"config": {', '"config": { "__proto__": { "units": 9 },'));
      const graded = await grade();
      assert.equal(Reflect.get({}, 'polluted'), undefined);
      assert.ok([0, 4].includes(graded.score ?? -1), 'the file is refused or read as if it were not there');
      assert.ok(existsSync(folder()));
    });
  });
});
