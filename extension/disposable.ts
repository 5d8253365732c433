/** Whatever is created is registered at its creation, and goes when its owner goes, last made first. */
export abstract class Disposable {
  readonly #owned: { dispose(): unknown }[] = [];
  #disposed = false;

  protected get disposed(): boolean {
    return this.#disposed;
  }

  protected register<Owned extends { dispose(): unknown }>(owned: Owned): Owned {
    if (this.#disposed) owned.dispose();
    else this.#owned.push(owned);
    return owned;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const owned of this.#owned.splice(0).reverse()) owned.dispose();
  }
}
