/**
 * Planted bugs.
 */
export type Bug = { name: string; plant: () => void }
export const bugs: Bug[] = []
export function plant(bug: Bug): void { bug.plant() }
