interface Waiting {
  readonly pixels: number;
  readonly start: () => void;
}

/**
 * Lets pictures be decoded in the order they come, as many at once as have no more than `pixels` together: the memory that
 * decoding takes goes with the pixels, and a file of a few hundred kilobytes can have fifty million. A picture of more than
 * all waits until it is alone.
 */
export class PixelBudget {
  private readonly waiting: Waiting[] = [];
  private free: number;

  constructor(private readonly pixels: number) {
    this.free = pixels;
  }

  async run<T>(wanted: number, work: () => Promise<T>): Promise<T> {
    const pixels = Math.min(wanted, this.pixels);
    if (this.waiting.length > 0 || pixels > this.free)
      await new Promise<void>((start) => this.waiting.push({ pixels, start }));
    else this.free -= pixels;
    try {
      return await work();
    } finally {
      this.free += pixels;
      while (this.waiting.length > 0 && this.waiting[0].pixels <= this.free) {
        const [next] = this.waiting.splice(0, 1);
        this.free -= next.pixels;
        next.start();
      }
    }
  }
}
