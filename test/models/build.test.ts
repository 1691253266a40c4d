import assert from 'node:assert/strict';
import { useBackend } from '../../lib/backend';
import { buildModel, type ModelOptionsByName, modelNames } from '../../lib/models';

describe('buildModel', () => {
  const options = { inputShape: [18, 18, 3], numClasses: 4 } as const;

  before(() => useBackend());

  it('hands each network its own options, such as they come out of JSON', () => {
    const own: { [Name in keyof ModelOptionsByName]: [json: string, layer: string, outputs: number] } = {
      baseline: ['{}', 'conv2d', 32],
      regularized: ['{"filters":[5,6,7,8],"dropout":0}', 'conv4', 8],
      vgg: ['{"blocks":[[5],[6]]}', 'block2_1_conv', 6],
      resnet: ['{"width":5,"blocksPerStage":[1,1]}', 'stage2_block1_2_conv', 10],
      airbench: ['{"widths":[5,6],"dirac":false}', 'group2_conv2', 6],
    };
    assert.deepEqual(modelNames, Object.keys(own));
    for (const name of modelNames) {
      const [json, layer, outputs] = own[name];
      const model = buildModel<string>(name, { ...options, ...JSON.parse(json) });
      const built = model.layers.find((each) => each.name.startsWith(layer));
      assert.deepEqual(built?.outputShape.slice(-1), [outputs], name);
      model.dispose();
    }
  });

  it('knows the types of the options of a network that it is told by name', () => {
    const model = buildModel('resnet', { ...options, width: 4, blocksPerStage: [1] });
    assert.equal(model.name, 'resnet');
    model.dispose();
    // @ts-expect-error: a resnet has no filters
    assert.throws(() => buildModel('resnet', { ...options, filters: [4] }));
  });

  it('names the known options when given another', () => {
    assert.throws(() => buildModel<string>('vgg', { ...options, widht: 4 }), {
      name: 'CourseError',
      message:
        'unknown option widht of the model vgg; expected one of: inputShape, numClasses, seed, output, blocks, dropout',
    });
  });
});
