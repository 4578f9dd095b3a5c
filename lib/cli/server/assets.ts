/**
 * The page's own files, beside the program: built with it, read once, the same for everybody.
 */
import { readFileSync } from 'node:fs'
import type { Route } from './answer.js'

const types = new Map([['', 'text/html; charset=utf-8'], ['page.js', 'text/javascript; charset=utf-8'], ['page.css', 'text/css; charset=utf-8'], ['icon.svg', 'image/svg+xml']])

/** Whether a path is a file of the page, which anybody may see: there is no data in it. */
export function isAsset(path: readonly string[]): boolean {
  return path.length === 1 && types.has(path[0] as string)
}

/** The route of the page. */
export function assetRoute(folder = new URL('page/', import.meta.url)): Route {
  const read = new Map<string, Uint8Array>()
  return ({ path, method }) => {
    const [name = ''] = path
    const type = types.get(name)
    if (path.length !== 1 || type === undefined || method !== 'GET') return null
    const text = read.get(name) ?? readFileSync(new URL(name === '' ? 'index.html' : name, folder))
    read.set(name, text)
    return { type, text }
  }
}
