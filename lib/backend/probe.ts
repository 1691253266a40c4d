/** The process in which a native backend is tried: `node probe.js FOLDER` prints one line of JSON. */
import * as tf from '@tensorflow/tfjs';
import { checkGradient } from './check';
import { loadNative, type NativeProbe } from './native';

async function probe(folder: string): Promise<NativeProbe> {
  const { device, onGpu, version } = await loadNative(folder);
  await tf.setBackend('tensorflow');
  await checkGradient();
  return { ok: true, device, onGpu, version };
}

if (require.main === module) {
  probe(process.argv[2]).then((answer) => console.log(JSON.stringify(answer)));
}
