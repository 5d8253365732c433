/** What a model file may import from `adjoint`, as a module of types. */
export function libraryTypes(): Promise<string>;
