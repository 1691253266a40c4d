/** The datasets this course knows how to fetch and to load. */
export type DatasetName = 'cifar10' | 'fashion-mnist';

/** One file as it must be on disk. */
export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What a dataset is made of: its folder under the data folder, and every file in it. */
export interface DatasetSpec {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly DataFile[];
}

const cifarBytes = 30_730_000; // 10,000 records of 1 + 3 * 32 * 32 bytes

/** CIFAR-10, the binary version (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html). */
const cifar10: DatasetSpec = {
  name: 'cifar10',
  folder: 'cifar-10-batches-bin',
  files: [
    file('data_batch_1.bin', cifarBytes, 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'),
    file('data_batch_2.bin', cifarBytes, 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'),
    file('data_batch_3.bin', cifarBytes, 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'),
    file('data_batch_4.bin', cifarBytes, '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'),
    file('data_batch_5.bin', cifarBytes, '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'),
    file('test_batch.bin', cifarBytes, '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'),
  ],
};

/** Fashion-MNIST, unpacked (Xiao, Rasul and Vollgraf 2017, https://arxiv.org/abs/1708.07747). */
const fashionMnist: DatasetSpec = {
  name: 'fashion-mnist',
  folder: 'fashion-mnist',
  files: [
    file(
      'train-images-idx3-ubyte',
      47_040_016,
      'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    ),
    file(
      'train-labels-idx1-ubyte',
      60_008,
      'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    ),
    file(
      't10k-images-idx3-ubyte',
      7_840_016,
      '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    ),
    file(
      't10k-labels-idx1-ubyte',
      10_008,
      '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    ),
  ],
};

/** The files of each dataset. */
export const catalogue: Readonly<Record<DatasetName, DatasetSpec>> = {
  cifar10,
  'fashion-mnist': fashionMnist,
};

export const cifar10ClassNames: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

export const fashionMnistClassNames: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

function file(name: string, bytes: number, sha256: string): DataFile {
  return { name, bytes, sha256 };
}
