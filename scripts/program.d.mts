/** Builds the program into a folder, `dist/cli` unless told; gives its file. */
export function buildProgram(folder?: string): string
